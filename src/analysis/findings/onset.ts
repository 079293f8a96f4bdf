import { measureOnset } from '../onset.ts';
import type { SeriesTally } from '../tally.ts';
import type { Finding } from '../types.ts';

/** Before the first stall there must have been this many clean starts, or "from the start" says it better. */
const CLEAN_STARTS = 100;

/** The clean beginning must be this unlikely at the rate seen afterwards, or it is luck. */
const LUCK = 0.001;

/**
 * When stalls began, where a clean beginning went before: exhaustion and early reuse show only once every port has had
 * its turn, after ports / rate.
 * @param ramp what the arm's ramps did: they use ports up as well
 */
export function findOnset(arm: string, series: SeriesTally, ramp?: SeriesTally): Finding[] {
  const onset = measureOnset(series, ramp);
  if (onset === undefined) return [];
  const { afterSec, cleanStarts, rateAfter, startsPerSec } = onset;
  const isLuck = (starts: number): boolean => starts < CLEAN_STARTS || (1 - rateAfter) ** starts > LUCK;
  if (isLuck(cleanStarts)) return [];
  const hasRisen = isLuck(onset.cleanStartsAsFast);
  const begin = `clean for ${afterSec} s and ${cleanStarts} starts, then ${Math.round(rateAfter * 1_000) / 10} % stalled`;
  const meaning = hasRisen
    ? `: the load had just risen to ${startsPerSec}/s, so the rate may be the cause as well as the time`
    : ': as when the ports of a NAT come round or run out after so many connections';
  return [
    {
      kind: 'onset',
      arm,
      confidence: hasRisen ? 'low' : 'high',
      afterSec,
      cleanStarts,
      text: `${begin}${meaning}`,
    },
  ];
}
