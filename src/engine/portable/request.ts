import type { Socket } from 'node:net';
import { writeNonce } from '../http/nonce.ts';
import type { CompiledRequest } from '../types.ts';

/** The bytes to send for an attempt: a copy with its number in place, or the request's own where it has none. */
export function stampRequest(request: CompiledRequest, attempt: number): Uint8Array {
  if (request.nonceOffsets.length === 0) return request.bytes;
  const bytes = Uint8Array.from(request.bytes);
  for (const offset of request.nonceOffsets) writeNonce(bytes, offset, request.nonceWidth, attempt);
  return bytes;
}

/** What any send buffer takes at once: the default of net.ipv4.tcp_wmem, tcp(7). */
const SLICE_BYTES = 16_384;

/**
 * Sends a request, a large one in slices between which Node looks at what has come in: it closes a socket whose write
 * has failed, and what the far end answered before it stopped reading would be lost unread.
 */
export function sendRequest(socket: Socket, bytes: Uint8Array, from = 0): void {
  if (socket.destroyed) return;
  const to = from + SLICE_BYTES;
  if (to >= bytes.length) socket.write(from === 0 ? bytes : bytes.subarray(from));
  else socket.write(bytes.subarray(from, to), () => afterEvents(() => sendRequest(socket, bytes, to)));
}

/** An immediate set while events are handled runs before the next ones are: the second runs after them. */
function afterEvents(next: () => void): void {
  setImmediate(() => setImmediate(next));
}
