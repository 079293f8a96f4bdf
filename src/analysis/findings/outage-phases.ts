import { medianOf } from '../median.ts';
import { listOutages, type OutageCounts, pausesBetween, sumCounts } from '../outages.ts';
import type { SeriesTally } from '../tally.ts';
import type { Finder, FoundAt } from './finder.ts';

/** Two of each, whole, are a rhythm; one is an incident. */
const ENOUGH_PHASES = 2;

export const outagePhases: Finder = {
  // A sweep's stalls follow its own timetable: when they come says nothing.
  inArm: ({ name, load }, { tally }) =>
    load.kind === 'sweep' ? [] : findOutagePhases(name, tally.series(name)),
};

/**
 * Outages: stretches of seconds in which nearly all starts stalled or were refused. What stalled and what was refused
 * are counted apart, for silence and an answer are different things.
 */
export function findOutagePhases(arm: string, { bySecond }: SeriesTally): FoundAt[] {
  const outages = listOutages(bySecond);
  const whole = outages.filter(({ isWhole }) => isWhole);
  if (whole.length === 0) return [];
  const pauses = pausesBetween(outages);
  const onSec = tenths(medianOf(whole.map(({ fromSec, toSec }) => toSec - fromSec)));
  const offSec = pauses.length === 0 ? null : tenths(medianOf(pauses));
  const isRhythm = whole.length >= ENOUGH_PHASES && offSec !== null;
  const count = whole.length;
  const counts = sumCounts(whole);
  const length =
    count === 1 ? `one outage of ${onSec} s` : `${count} outages of ${onSec} s (median), ${offSec} s apart`;
  return [
    {
      kind: 'outage-phases',
      arm,
      confidence: isRhythm ? 'high' : 'medium',
      onSec,
      ...(offSec === null ? {} : { offSec }),
      count,
      ...counts,
      during: { fromSec: whole[0]!.fromSec, toSec: whole[whole.length - 1]!.toSec },
      text: `${length}: ${formatCounts(counts)}`,
    },
  ];
}

function formatCounts({ started, stalled, refused }: OutageCounts): string {
  const parts = [
    ...(stalled > 0 ? [`${stalled} stalled`] : []),
    ...(refused > 0 ? [`${refused} were refused${stalled > 0 ? '' : ' and none stalled'}`] : []),
  ];
  return `of ${started} starts ${parts.join(' and ')}`;
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
