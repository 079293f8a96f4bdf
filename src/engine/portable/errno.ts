import { constants } from 'node:os';

const { errno } = constants;

/**
 * The system's number for a Node error: looked up by name, because libuv uses its own numbers on Windows. 0 if it is
 * not a system error.
 */
export function errnoOf(error: NodeJS.ErrnoException): number {
  const known: Record<string, number> = errno;
  return known[error.code ?? ''] ?? Math.abs(error.errno ?? 0);
}

/**
 * Whether an error reported by connect() means that the handshake had completed. An RST to a SYN gives ECONNREFUSED;
 * ECONNRESET and EPIPE are an RST to an established connection (RFC 9293 section 3.10.7.3 and .4), which can arrive
 * before the loop has seen the establishment.
 */
export function isAfterHandshake(code: number): boolean {
  return isReset(code);
}

/** Reset by the far end, whether detected while reading or while writing. */
export function isReset(code: number): boolean {
  return code === errno.ECONNRESET || code === errno.EPIPE;
}
