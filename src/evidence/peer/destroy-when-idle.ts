import type { Duplex } from 'node:stream';

/** For so long nothing may arrive, or leave. */
const IDLE_MS = 5_000;

/** A slow link carries the eight megabytes that may wait for a run in this time, at 1 Mbit/s. */
const MOST_MS = 70_000;

/**
 * Destroys a connection that has said all it will, unless it ends by itself: once no byte has passed for five seconds, or after a good
 * minute, however many still do.
 * @param passed bytes so far
 */
export function destroyWhenIdle(socket: Duplex, passed: () => number): void {
  let [before, leftMs] = [passed(), MOST_MS];
  const timer = setInterval(() => {
    const now = passed();
    leftMs -= IDLE_MS;
    if (now === before || leftMs <= 0) socket.destroy();
    before = now;
  }, IDLE_MS).unref();
  socket.once('close', () => clearInterval(timer));
}
