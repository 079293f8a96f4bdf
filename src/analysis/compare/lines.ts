import { ALPHA, weighLines } from '../false-alarms.ts';
import type { Figure, Measured } from './arm-figures.ts';
import { chanceByLuck, type Difference, differenceOf } from './difference.ts';
import { correctChances } from './holm.ts';
import { smallestChange, smallestRise } from './power.ts';
import type { ComparisonLine, LineVerdict } from './types.ts';

/** A figure of an arm, measured on both sides. */
export interface Candidate {
  readonly arm: string;
  readonly figure: Figure;
  readonly before: Measured;
  readonly after: Measured;
}

interface Tested extends Candidate {
  readonly weight: number;
  readonly margin: number;
  /** Undefined if the uncertainty of the figures is not known. */
  readonly difference: Difference | undefined;
}

/**
 * Evaluates every line, so that at most one in twenty comparisons without a difference has a line that claims one.
 */
export function judgeLines(candidates: readonly Candidate[]): ComparisonLine[] {
  const weights = weighLines(
    candidates.map(({ figure, before, after }) => ({ figure, attempts: before.whole + after.whole })),
  );
  const tested = candidates.map((candidate, index): Tested => {
    const { figure, before, after } = candidate;
    return {
      ...candidate,
      weight: weights[index]!,
      margin: marginOf(figure, before.value),
      difference:
        before.estimate && after.estimate ? differenceOf(before.estimate, after.estimate) : undefined,
    };
  });
  const chances = correctChances(
    tested.map(({ difference, margin, weight }) => ({
      chance: difference === undefined ? 1 : chanceByLuck(difference, margin),
      weight,
    })),
  );
  return tested.map((line, index) => judgeLine(line, chances[index]!));
}

function judgeLine(line: Tested, pAdjusted: number): ComparisonLine {
  const { arm, figure, before, after, difference, margin } = line;
  const [low, high] = difference?.interval(ALPHA) ?? [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];
  const smallestDifference = findSmallest(line);
  const isOutside = low > margin || high < -margin;
  const change = after.value - before.value;
  const judged = { pAdjusted, change, isOutside, smallestDifference };
  const note = noteOn(line, pAdjusted, isOutside);
  return {
    arm,
    figure: figure.name,
    unit: figure.unit,
    before: before.value,
    after: after.value,
    difference: change,
    ci95: [finite(low), finite(high)],
    pAdjusted,
    verdict: formatVerdict(figure, before.value, judged),
    decides: figure.role !== 'aside',
    smallestDifference,
    ...(note === undefined ? {} : { note }),
  };
}

function formatVerdict(
  figure: Figure,
  before: number,
  judged: { pAdjusted: number; change: number; isOutside: boolean; smallestDifference: number | null },
): LineVerdict {
  const { pAdjusted, change, isOutside, smallestDifference } = judged;
  if (pAdjusted <= ALPHA) return change > 0 === (figure.good === 'high') ? 'better' : 'worse';
  // Significant on its own, but not among so many lines: neither conclusion is justified.
  if (isOutside || smallestDifference === null) return 'cannot tell';
  return smallestDifference <= relevantDifference(figure, before) ? 'no difference seen' : 'cannot tell';
}

function noteOn({ difference }: Tested, pAdjusted: number, isOutside: boolean): string | undefined {
  if (difference === undefined) return 'too short to tell how much it varies';
  if (isOutside && pAdjusted > ALPHA)
    return 'on its own the difference is clear, but among so many lines one like it arises by luck';
  return undefined;
}

function findSmallest({ figure, before, after, difference, margin, weight }: Tested): number | null {
  if (difference === undefined) return null;
  const alpha = ALPHA * weight;
  if (figure.unit !== 'share') return smallestChange(difference, alpha, margin);
  const bad = figure.good === 'low' ? before.value : 1 - before.value;
  const design = { before: Math.max(0, bad), attemptsBefore: before.whole, attemptsAfter: after.whole };
  return smallestRise(design, difference, alpha);
}

/**
 * Differences up to this count as none. Times vary between runs with other activity on the machines, which one run
 * does not show; a rate 1 % below plan is what a run may leave unsent without being generator-limited.
 */
function marginOf({ unit }: Figure, before: number): number {
  switch (unit) {
    case 'share':
      return 0;
    case 'us':
      return Math.max(1_000, 0.2 * before);
    case 'perSec':
    case 'ratio':
      return 0.01 * before;
  }
}

/** A practically relevant difference: if not even this would have been detected, there is no conclusion. */
function relevantDifference({ unit, good }: Figure, before: number): number {
  switch (unit) {
    case 'share':
      return Math.max(0.005, 0.5 * (good === 'low' ? before : 1 - before));
    case 'us':
      return Math.max(5_000, before);
    case 'perSec':
    case 'ratio':
      return 0.1 * before;
  }
}

function finite(value: number): number | null {
  return Number.isFinite(value) ? value : null;
}
