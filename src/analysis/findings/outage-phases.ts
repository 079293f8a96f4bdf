import { medianOf } from '../median.ts';
import { listOutages, pausesBetween } from '../outages.ts';
import type { SeriesTally } from '../tally.ts';
import type { Finding } from '../types.ts';

/** Two of each, whole, are a rhythm; one is an incident. */
const ENOUGH_PHASES = 2;

/** Outages that come and go in phases, as a defence does that switches itself on above a rate and lets go again. */
export function findOutagePhases(arm: string, { bySecond }: SeriesTally): Finding[] {
  const outages = listOutages(bySecond);
  const whole = outages.filter(({ isWhole }) => isWhole);
  if (whole.length === 0) return [];
  const pauses = pausesBetween(outages);
  const onSec = tenths(medianOf(whole.map(({ fromSec, toSec }) => toSec - fromSec)));
  const offSec = pauses.length === 0 ? null : tenths(medianOf(pauses));
  const isRhythm = whole.length >= ENOUGH_PHASES && offSec !== null;
  const count = whole.length;
  const pause = offSec === null ? '' : `, ${offSec} s apart (median)`;
  return [
    {
      kind: 'outage-phases',
      arm,
      confidence: isRhythm ? 'high' : 'low',
      onSec,
      ...(offSec === null ? {} : { offSec }),
      count,
      text:
        `${count} outage${count === 1 ? '' : 's'} of ${onSec} s (median)${pause}, in which most starts stalled or were refused` +
        (isRhythm
          ? ': something switches itself on and lets go again, as a defence against SYN floods does'
          : ''),
    },
  ];
}

function tenths(value: number): number {
  return Math.round(value * 10) / 10;
}
