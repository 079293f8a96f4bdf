import { type ClockReading, type Clocks, openClocks } from './read-clocks.ts';

/** Numbers the seconds of a run or a soak. */
export interface SessionClock {
  /** Seconds since the origin, with fraction; unaffected by changes of the wall clock. */
  seconds(): number;
  readonly clocks: Clocks;
}

export interface SessionClockOptions {
  /** Its initial value: above 0 if the session is resumed after its process died. */
  readonly fromSec?: number;
  readonly clocks?: Clocks;
  /** False: time asleep does not count, as for a load whose schedule continues afterwards. */
  readonly countsSleep?: boolean;
}

/** Above the 10 ms resolution of /proc/uptime plus the time to read it; no sleep is as short. */
const SLEPT_MS = 50;

/** /proc/uptime is too coarse to number seconds; it only serves to correct the monotonic clock. */
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

/** A change at least as long as a frame. */
const NOTABLE_MS = 1_000;

/**
 * How fast NTP slews a clock (RFC 5905 appendix A.1.1, MAXFREQ). Linux slews all three alike; elsewhere only the wall
 * clock may be slewed, and a process suspended for an hour must not take that for a step.
 */
const SLEW = 500e-6;

/** Compares two readings to find out how the clocks were changed. Stateless. */
export class ClockWatch {
  #last: ClockReading;

  constructor(first: ClockReading) {
    this.#last = first;
  }

  /**
   * CLOCK_MONOTONIC and CLOCK_BOOTTIME run at the same rate and diverge only while the machine sleeps:
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
