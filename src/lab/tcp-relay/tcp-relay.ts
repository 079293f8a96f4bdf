import { connect, type Socket } from 'node:net';
import { DelayQueue } from '../delay-queue.ts';
import type { TcpRelayOptions } from './protocol.ts';

/** Bytes in flight in one direction before the sender has to wait. */
const WINDOW_BYTES = 1_048_576;

/** Joins a client's connection to another one to `port`; whatever ends one ends the other. */
export function relayTcp(client: Socket, port: number, options: TcpRelayOptions): void {
  const { upstream, roundTripMs, holdMs, cutMs, cutFrom } = options;
  const server = connect({ host: upstream, port, allowHalfOpen: true, noDelay: true });
  const outward = new DelayQueue();
  const homeward = new DelayQueue();
  const reset = (): void => {
    outward.clear();
    homeward.clear();
    clearTimeout(cut);
    client.resetAndDestroy();
    server.resetAndDestroy();
  };
  const cut = cutMs > 0 ? setTimeout(reset, cutMs) : undefined;
  if (cutFrom === 'last-byte') {
    client.on('data', () => cut?.refresh());
    server.on('data', () => cut?.refresh());
  }
  // The handshake of the far leg also takes a round trip.
  let openAtMs = performance.now() + roundTripMs;
  if (holdMs > 0) client.once('data', () => (openAtMs = Math.max(openAtMs, performance.now() + holdMs)));
  pass(client, server, outward, () => Math.max(0, openAtMs - performance.now()) + roundTripMs / 2);
  pass(server, client, homeward, () => roundTripMs / 2);
  client.on('error', reset);
  server.on('error', () => homeward.push(roundTripMs, reset));
  for (const socket of [client, server]) {
    socket.on('close', () => {
      if (client.closed && server.closed) clearTimeout(cut);
    });
  }
}

function pass(from: Socket, to: Socket, queue: DelayQueue, delayMs: () => number): void {
  let waiting = 0;
  from.on('data', (chunk) => {
    waiting += chunk.length;
    if (waiting > WINDOW_BYTES) from.pause();
    queue.push(delayMs(), () => {
      waiting -= chunk.length;
      if (waiting <= WINDOW_BYTES) from.resume();
      to.write(chunk);
    });
  });
  from.on('end', () => queue.push(delayMs(), () => to.end()));
}
