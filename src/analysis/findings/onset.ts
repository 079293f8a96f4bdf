import { RAMP_SUFFIX } from '../../metrics/types.ts';
import { measureOnset } from '../onset.ts';
import type { SeriesTally } from '../tally.ts';
import { wilsonInterval } from '../wilson.ts';
import type { Finder, FoundAt } from './finder.ts';
import { formatShare } from './words.ts';

/** Before the first stall there must have been this many clean starts, or "from the start" says it better. */
const CLEAN_STARTS = 100;

/**
 * The clean beginning must be this unlikely, or it is luck: at the lowest rate that what followed is compatible with (95 %),
 * as the first of random stalls is where the counting of "afterwards" begins.
 */
const LUCK = 0.001;

export const onset: Finder = {
  // A sweep's stalls follow its own timetable: when they come says nothing.
  inArm: ({ name, load }, { tally }) =>
    load.kind === 'sweep' ? [] : findOnset(name, tally.series(name), tally.series(`${name}${RAMP_SUFFIX}`)),
};

/**
 * When stalls began, if the clean period before is unlikely to be chance.
 * @param ramp counts of the arm's ramps, which use up ports as well
 */
export function findOnset(arm: string, series: SeriesTally, ramp?: SeriesTally): FoundAt[] {
  const onset = measureOnset(series, ramp);
  if (onset === undefined) return [];
  const { afterSec, cleanStarts, startsAfter, stalledAfter, startsPerSec, during } = onset;
  const interval = wilsonInterval(stalledAfter, startsAfter);
  const isLuck = (starts: number): boolean => starts < CLEAN_STARTS || (1 - interval[0]) ** starts > LUCK;
  if (isLuck(cleanStarts)) return [];
  const hasRisen = isLuck(onset.cleanStartsAsFast);
  const [low, high] = interval.map(formatShare);
  const begin = `clean for ${afterSec} s and ${cleanStarts} starts, then ${stalledAfter} of ${startsAfter} starts stalled (${low} to ${high} with 95 % confidence)`;
  return [
    {
      kind: 'onset',
      arm,
      confidence: hasRisen ? 'low' : 'high',
      afterSec,
      cleanStarts,
      during,
      text: hasRisen ? `${begin}; the load had just risen to ${startsPerSec}/s` : begin,
    },
  ];
}
