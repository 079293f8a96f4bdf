import { constants } from 'node:os';

const { errno } = constants;

/** The system's number of an error of Node's: by name, as libuv's numbers are its own on Windows. 0: not the system's. */
export function errnoOf(error: NodeJS.ErrnoException): number {
  const known: Record<string, number> = errno;
  return known[error.code ?? ''] ?? Math.abs(error.errno ?? 0);
}

/**
 * Whether an error that connect() reports means that the handshake was complete by then. A RST to a SYN is
 * ECONNREFUSED; ECONNRESET and EPIPE are a RST to an established connection (RFC 9293 section 3.10.7.3 and .4), which
 * can come before the loop has looked at it.
 */
export function isAfterHandshake(code: number): boolean {
  return isReset(code);
}

/** Reset by the far end, whether noticed while reading or while writing. */
export function isReset(code: number): boolean {
  return code === errno.ECONNRESET || code === errno.EPIPE;
}
