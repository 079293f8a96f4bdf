import { createCounts } from '../metrics/histogram.ts';
import type { SecondCounts } from './tally.ts';

/** A rate is recorded as whole stalls in so many starts: fine enough for one in 100,000. */
const PARTS = 100_000;

/** Every value up to PARTS has a bucket of its own then, so that no rate comes out above what it was. */
const DIGITS = 5;

/** How the seconds' own stall rates are spread: of each second's starts, the share that stalled. */
export function ratePerFrame(seconds: Iterable<Pick<SecondCounts, 'started' | 'stalled'>>): {
  p50: number;
  p99: number;
  max: number;
} {
  const histogram = createCounts(PARTS, DIGITS);
  for (const { started, stalled } of seconds) {
    // A SYN sent as a second turns may be counted with the other one: never more than all of them.
    if (started > 0) histogram.recordValue(Math.round(Math.min(1, stalled / started) * PARTS));
  }
  if (histogram.totalCount === 0) return { p50: 0, p99: 0, max: 0 };
  return {
    p50: histogram.getValueAtPercentile(50) / PARTS,
    p99: histogram.getValueAtPercentile(99) / PARTS,
    max: histogram.maxValue / PARTS,
  };
}
