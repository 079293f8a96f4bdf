import type { SeriesTally } from '../tally.ts';
import type { Finding } from '../types.ts';

/** A second in which at least this share of its starts stalled is part of an outage: early reuse stalls half at most. */
const OUT_ABOVE = 0.8;

/** Shorter runs are no phases: a burst of loss does as much. */
const SHORTEST_SEC = 2;

/** Two of each, whole, are a rhythm; one is an incident. */
const ENOUGH_PHASES = 2;

interface Phase {
  readonly isOut: boolean;
  readonly sec: number;
}

/** Outages that come and go in phases, as a defence does that switches itself on above a rate and lets go again. */
export function findOutagePhases(arm: string, { bySecond }: SeriesTally): Finding[] {
  const phases = phasesOf(bySecond);
  // The first and the last were cut by the run's own start and end.
  const whole = phases.slice(1, -1).filter(({ sec }) => sec >= SHORTEST_SEC);
  const outages = whole.filter(({ isOut }) => isOut);
  const clean = whole.filter(({ isOut }) => !isOut);
  if (outages.length === 0) return [];
  const onSec = median(outages.map(({ sec }) => sec));
  const offSec = clean.length === 0 ? null : median(clean.map(({ sec }) => sec));
  const isRhythm = outages.length >= ENOUGH_PHASES && clean.length >= ENOUGH_PHASES - 1;
  const pause = offSec === null ? '' : `, ${offSec} s apart (median)`;
  return [
    {
      kind: 'outage-phases',
      arm,
      confidence: isRhythm ? 'high' : 'low',
      onSec,
      ...(offSec === null ? {} : { offSec }),
      count: outages.length,
      text: `${outages.length} outage${outages.length === 1 ? '' : 's'} of ${onSec} s (median)${pause}, in which most starts stalled`,
    },
  ];
}

function phasesOf(bySecond: SeriesTally['bySecond']): Phase[] {
  const phases: { isOut: boolean; sec: number }[] = [];
  for (const [, { started, stalled }] of [...bySecond].sort(([a], [b]) => a - b)) {
    if (started === 0) continue;
    const isOut = stalled / started >= OUT_ABOVE;
    const last = phases.at(-1);
    if (last?.isOut === isOut) last.sec += 1;
    else phases.push({ isOut, sec: 1 });
  }
  return phases;
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
