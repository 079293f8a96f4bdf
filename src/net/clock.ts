import { Arena } from './arena.ts';
import { CLOCK_MONOTONIC } from './constants.ts';
import { loadLibc } from './load.ts';
import type { Clock, Ticker } from './ticker.ts';
import { clockOf } from './ticker.ts';

/** The clock behind Node's performance.now(), in microseconds since a configurable origin. */
export interface MonotonicClock extends Ticker {
  /** Ticks and returns the time. */
  readonly now: Clock;
  /** Makes the moment that `now` would report as `us` the new 0. */
  setOrigin(us: number): void;
}

/**
 * Reads the clock through memory: performance.now() allocates a number on the heap each time. A struct timespec has
 * two 8-byte little-endian fields; both values fit their lower halves.
 * @returns undefined if the C library has no such call
 */
export function createMonotonicClock(): MonotonicClock | undefined {
  const libc = loadLibc();
  const { clockGettime } = libc;
  if (clockGettime === undefined) return undefined;
  // Kept for the thread's lifetime.
  const { address, words } = new Arena(libc, 16).take(16);
  if (clockGettime(CLOCK_MONOTONIC, address) !== 0) return undefined;
  let originUs = 0.5;
  const us = new Float64Array(1);
  const tick = (): void => {
    clockGettime(CLOCK_MONOTONIC, address);
    us[0] = words[0]! * 1_000_000 + words[2]! / 1_000 - originUs;
  };
  return {
    tick,
    us,
    now: clockOf({ tick, us }),
    setOrigin(atUs) {
      originUs += atUs;
    },
  };
}
