import type { Criterion } from '../scenario/types.ts';
import type { ArmSummary, Summary } from './types.ts';

type JudgedCriterion = Summary['verdict']['criteria'][number];

/**
 * Judges a criterion by the figures. `*` requires it of every arm; the value shown is then the first that fails,
 * otherwise the first that could not be measured, otherwise the last. A figure that was not measured (a quantile or a
 * share of nothing) neither holds nor fails.
 */
export function judgeCriterion(
  criterion: Criterion,
  arms: Readonly<Record<string, ArmSummary>>,
): JudgedCriterion {
  const subjects = criterion.arm === '*' ? Object.values(arms) : [arms[criterion.arm]];
  const judged = subjects.map((subject): JudgedCriterion => {
    const value = subject === undefined ? null : figureAt(subject, criterion.path);
    return { text: criterion.text, value, held: value === null ? null : compare(value, criterion) };
  });
  return (
    judged.find(({ held }) => held === false) ??
    judged.find(({ held }) => held === null) ??
    judged.at(-1) ?? { text: criterion.text, value: null, held: null }
  );
}

/** Counts by key omit zeros: an outcome or status that never occurred is 0. */
const SPARSE = new Set([
  'outcomes',
  'synRetransmits',
  'requestRetransmits',
  'statuses',
  'tunnelStatuses',
  'cuts',
]);

/** Shares of what was started: if nothing was, their 0 means nothing. */
const SHARES_OF_STARTED = /^(completedShare|stalled\.(rate|ci95\.\d|ratePerFrame\.\w+))$/;

function figureAt(arm: ArmSummary, path: readonly string[]): number | null {
  if (arm.started === 0 && SHARES_OF_STARTED.test(path.join('.'))) return null;
  // An arm without ramp phases did nothing in them.
  if (arm.ramp === undefined && path[0] === 'ramp') return 0;
  let at: unknown = arm;
  for (const [depth, key] of path.entries()) {
    if (typeof at !== 'object' || at === null) return null;
    if (isEmptyTiming(at) && key !== 'count') return null;
    const next = (at as Record<string, unknown>)[key];
    if (next === undefined && depth > 0 && SPARSE.has(path[depth - 1]!)) return 0;
    at = next;
  }
  return typeof at === 'number' ? at : null;
}

function isEmptyTiming(at: object): boolean {
  return 'p999' in at && 'count' in at && at.count === 0;
}

function compare(value: number, { operator, bound }: Criterion): boolean {
  switch (operator) {
    case '<':
      return value < bound;
    case '<=':
      return value <= bound;
    case '>':
      return value > bound;
    case '>=':
      return value >= bound;
    case '==':
      return value === bound;
    case '!=':
      return value !== bound;
  }
}
