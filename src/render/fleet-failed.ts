import { sumOverRamps } from '../analysis/sites/sums.ts';
import type { FailedCriterion, FleetSummary, GroupSums } from '../analysis/sites/types.ts';
import { formatCount, formatPlural } from './format.ts';
import { formatFigure } from './verdict.ts';

/** Of probes, so many are named; --json has all. */
const MOST_NAMED = 5;
/** Of criteria, so many have a line; --json has all. */
const MOST_CRITERIA = 10;

/** The first of them, and how many more there are: `a, b and 3 more`. */
export function nameFirst(names: readonly string[], most: number = MOST_NAMED): string {
  const more = names.length - most;
  return `${names.slice(0, most).join(', ')}${more > 0 ? ` and ${formatCount(more)} more` : ''}`;
}

/** How many criteria did not hold, and where; empty: all did. */
export function describeFailed({ failed, probes }: Pick<FleetSummary, 'failed' | 'probes'>): string {
  if (failed.length === 0) return '';
  const at = new Set(failed.flatMap((one) => one.probes.map(({ probe }) => probe)));
  return `${formatPlural(failed.length, 'criterion', 'criteria')} did not hold, at ${formatCount(at.size)} of ${formatPlural(probes.length, 'probe', 'probes')}`;
}

/** A line for each criterion that failed, with the probes at which it did and what they measured. */
export function listFailedLines(failed: readonly FailedCriterion[]): string[] {
  const more = failed.length - MOST_CRITERIA;
  return [
    ...failed
      .slice(0, MOST_CRITERIA)
      .map(({ text, probes }) => `${text}: ${nameFirst(probes.map((at) => formatAt(text, at)))}`),
    ...(more > 0 ? [`and ${formatCount(more)} more`] : []),
  ];
}

function formatAt(text: string, { probe, value, why }: FailedCriterion['probes'][number]): string {
  if (value === null) return why === null ? probe : `${probe} (${why})`;
  return `${formatFigure(text, value)} at ${probe}`;
}

/** What ramps started, which no other figure has; empty: there were none. */
export function describeRamps(sums: Pick<GroupSums, 'arms'>): string {
  const ramp = sumOverRamps(sums);
  return ramp === undefined
    ? ''
    : `ramp: ${formatCount(ramp.started)} more started, ${formatCount(ramp.stalled)} stalled; not counted`;
}
