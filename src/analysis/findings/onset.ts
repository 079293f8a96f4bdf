import type { SeriesTally } from '../tally.ts';
import type { Finding } from '../types.ts';

/** Before the first stall there must have been this many clean starts, or "from the start" says it better. */
const CLEAN_STARTS = 100;

/** The clean beginning must be this unlikely at the rate seen afterwards, or it is luck. */
const LUCK = 0.001;

/**
 * When stalls began, where a clean beginning went before: exhaustion and early reuse show only once every port has had
 * its turn, after ports / rate.
 */
export function findOnset(arm: string, { bySecond }: SeriesTally): Finding[] {
  const seconds = [...bySecond].sort(([a], [b]) => a - b);
  const first = seconds.findIndex(([, { stalled }]) => stalled > 0);
  if (first < 0) return [];
  const count = (rows: typeof seconds, what: 'started' | 'stalled'): number =>
    rows.reduce((sum, [, counts]) => sum + counts[what], 0);
  const cleanStarts = count(seconds.slice(0, first), 'started');
  const after = seconds.slice(first);
  const rateAfter = count(after, 'stalled') / Math.max(1, count(after, 'started'));
  const chance = (1 - Math.min(1, rateAfter)) ** cleanStarts;
  if (cleanStarts < CLEAN_STARTS || chance > LUCK) return [];
  const begunAt = seconds[0]![0];
  const afterSec = seconds[first]![0] - begunAt;
  return [
    {
      kind: 'onset',
      arm,
      confidence: 'high',
      afterSec,
      cleanStarts,
      text: `clean for ${afterSec} s and ${cleanStarts} starts, then ${Math.round(rateAfter * 1_000) / 10} % stalled: as when the ports of a NAT come round after so many connections`,
    },
  ];
}
