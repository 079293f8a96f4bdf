import { countBetween, type RecordedTime } from './recorded-times.ts';

const SECOND_US = 1_000_000;

/**
 * Kernel timers of a second and more fire up to an eighth late (kernel/time/timer.c: granularity of the timer wheel).
 */
const LATE = 1 / 8;

/** They never fire early; this is for rounding in the histogram. */
const EARLY = 0.002;

/** How many handshakes were answered at each SYN, inferred from their duration. */
export interface StallSteps {
  /** When this host retransmits a SYN, seconds, with the handshakes that were completed then. */
  readonly steps: readonly { readonly atSec: number; readonly count: number }[];
  /** As long as a stall, but at no step. */
  readonly between: number;
}

/**
 * Compares handshakes as long as a stall with the times at which this host retransmits its SYN: after a loss the next
 * SYN gets through, and the duration is just above a step; other delays are spread evenly.
 * @param times of completed handshakes from their actual start
 * @param usualUs duration of an undisturbed handshake
 */
export function countStallSteps(
  times: readonly RecordedTime[],
  resentAtSec: readonly number[],
  stallAfterUs: number,
  usualUs: number,
): StallSteps {
  const inAll = countBetween(times, stallAfterUs, Number.POSITIVE_INFINITY);
  const steps = resentAtSec.map((atSec, index) => {
    const atUs = atSec * SECOND_US;
    const nextUs = (resentAtSec[index + 1] ?? Number.POSITIVE_INFINITY) * SECOND_US;
    const fromUs = Math.max(stallAfterUs, atUs * (1 - EARLY));
    const toUs = Math.min(nextUs * (1 - EARLY), atUs * (1 + LATE) + 2 * usualUs);
    return { atSec, count: toUs > fromUs ? countBetween(times, fromUs, toUs) : 0 };
  });
  const onStep = steps.reduce((sum, { count }) => sum + count, 0);
  return { steps: steps.filter(({ count }) => count > 0), between: inAll - onStep };
}
