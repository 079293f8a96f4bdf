import type { Connection } from './connection.ts';

/** What any send buffer accepts at once: the default of net.ipv4.tcp_wmem, tcp(7). */
const SLICE_BYTES = 16_384;

/**
 * Sends a request, a large one in slices, between which Node reads incoming data: Node closes a socket whose write
 * has failed, and what the far end sent before it stopped reading would be lost.
 * @param sent called once all of it has been handed to Node
 */
export function sendRequest(connection: Connection, bytes: Uint8Array, sent: () => void, from = 0): void {
  const socket = connection.stream!;
  if (socket.destroyed || connection.isReset) return;
  const to = from + SLICE_BYTES;
  if (to >= bytes.length) {
    socket.write(from === 0 ? bytes : bytes.subarray(from));
    sent();
  } else {
    socket.write(bytes.subarray(from, to), () => afterEvents(() => sendRequest(connection, bytes, sent, to)));
  }
}

/** An immediate set during event handling runs before the next events are handled: the second one runs after them. */
function afterEvents(next: () => void): void {
  setImmediate(() => setImmediate(next));
}
