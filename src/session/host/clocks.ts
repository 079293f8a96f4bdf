import { type ClockReading, type Clocks, openClocks } from './read-clocks.ts';

/** Numbers the seconds of a run or a soak. */
export interface SessionClock {
  /** Seconds since the origin, with their fraction; what is done to the wall clock does not count. */
  seconds(): number;
  readonly clocks: Clocks;
}

export interface SessionClockOptions {
  /** What it shows at first: more than 0 where load goes on after its process had died. */
  readonly fromSec?: number;
  readonly clocks?: Clocks;
  /** False: sleep does not count, as for a load whose schedule goes on after it. */
  readonly countsSleep?: boolean;
}

/** Above the 10 ms of /proc/uptime and the time that reading it takes; no sleep is as short. */
const SLEPT_MS = 50;

/** /proc/uptime is too coarse to number seconds with: it only says by how much to correct the monotonic clock. */
export function createSessionClock({
  fromSec = 0,
  clocks = openClocks(),
  countsSleep = true,
}: SessionClockOptions = {}): SessionClock {
  const origin = clocks.read();
  let sleptMs = 0;
  return {
    clocks,
    seconds() {
      const now = clocks.read();
      const awakeMs = now.monotonicMs - origin.monotonicMs;
      const asleepMs = now.bootMs - origin.bootMs - awakeMs;
      if (countsSleep && asleepMs - sleptMs > SLEPT_MS) sleptMs = asleepMs;
      return fromSec + (awakeMs + sleptMs) / 1_000;
    },
  };
}

export type ClockChange =
  | { readonly kind: 'suspended'; readonly forSec: number }
  /** Positive: set forward. */
  | { readonly kind: 'clock-stepped'; readonly bySec: number };

/** A change that is as long as a frame, or longer. */
const NOTABLE_MS = 1_000;

/**
 * How fast NTP slews a clock (RFC 5905 appendix A.1.1, MAXFREQ). Linux slews all three alike; elsewhere the wall clock alone
 * may be, and a process that stood still for an hour must not see a step in that.
 */
const SLEW = 500e-6;

/** Finds out, from one reading to the next, how the clocks were changed. Keeps nothing of earlier readings. */
export class ClockWatch {
  #last: ClockReading;

  constructor(first: ClockReading) {
    this.#last = first;
  }

  /**
   * Both CLOCK_MONOTONIC and CLOCK_BOOTTIME go at the same rate; they part where the machine sleeps, and nowhere else:
   * "identical to CLOCK_MONOTONIC, except that it also includes any time that the system is suspended"
   * (clock_gettime(2)).
   */
  check(now: ClockReading): ClockChange[] {
    const awakeMs = now.monotonicMs - this.#last.monotonicMs;
    const bootMs = now.bootMs - this.#last.bootMs;
    const wallMs = now.wallMs - this.#last.wallMs;
    this.#last = now;
    const changes: ClockChange[] = [];
    if (bootMs - awakeMs > NOTABLE_MS) {
      changes.push({ kind: 'suspended', forSec: (bootMs - awakeMs) / 1_000 });
    }
    if (Math.abs(wallMs - bootMs) > NOTABLE_MS + awakeMs * SLEW) {
      changes.push({ kind: 'clock-stepped', bySec: (wallMs - bootMs) / 1_000 });
    }
    return changes;
  }
}
