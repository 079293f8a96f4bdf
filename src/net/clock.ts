import { Arena } from './arena.ts';
import { CLOCK_MONOTONIC } from './constants.ts';
import { loadLibc } from './load.ts';
import type { Clock, Ticker } from './ticker.ts';
import { clockOf } from './ticker.ts';

/** The clock that Node's own performance.now() reads, in microseconds since a moment that can be set. */
export interface MonotonicClock extends Ticker {
  /** Ticks, and tells the time. */
  readonly now: Clock;
  /** Makes the moment that `now` would tell as so many microseconds the new 0. */
  setOrigin(us: number): void;
}

/**
 * Reads the clock through memory: performance.now() makes a number on the heap each time. A struct timespec has two
 * 8-byte fields, little-endian; both fit their lower halves.
 * @returns undefined where the C library has no such call
 */
export function createMonotonicClock(): MonotonicClock | undefined {
  const libc = loadLibc();
  const { clockGettime } = libc;
  if (clockGettime === undefined) return undefined;
  // Kept for the thread's life.
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
