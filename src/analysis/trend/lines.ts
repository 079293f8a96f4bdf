import { correctChances } from '../compare/holm.ts';
import { ALPHA, weighLines } from '../false-alarms.ts';
import { medianOf } from '../median.ts';
import { type DriftTest, testDrift } from './drift.ts';
import { fitBetter } from './fit.ts';
import type { Series } from './ranks.ts';
import { MIN_NIGHTS, smallestStepSds } from './reach.ts';
import { type FigureTimeSeries, ownErrorOf, scatterOf, TWO_SIDED_95 } from './series.ts';
import { type Likeness, likenessOf, measureShift, type Shift } from './statistics.ts';
import { findSplit, type StepTest, testStep } from './step.ts';
import type { TrendVerdict } from './types.ts';

/** A step and a drift are looked for, each at the cost of the other (Bonferroni). */
const TESTS = 2;

/** The result for one figure. */
export interface JudgedTimeSeries {
  readonly timeSeries: FigureTimeSeries;
  readonly verdict: TrendVerdict;
  readonly worse: boolean | null;
  readonly pAdjusted: number;
  /** Significance level of its test for a step. */
  readonly alpha: number;
  readonly found: Found | undefined;
  /** A change was detected, but is too small to matter. */
  readonly isSlight: boolean;
  readonly smallestStep: number | null;
}

export interface Found {
  readonly step: StepTest & { readonly shift: Shift };
  readonly drift: DriftTest;
  readonly better: 'step' | 'drift';
  readonly likeness: Likeness;
  /** Standard deviation of a night. */
  readonly scatter: number;
}

/** Evaluates every figure, so that at most one in twenty trends without a change has a line that claims one. */
export function judgeTimeSeries(
  figures: readonly FigureTimeSeries[],
  toSeries: (timeSeries: FigureTimeSeries) => Series,
): JudgedTimeSeries[] {
  const weights = weighLines(
    figures.map(({ figure, measured }) => ({
      figure,
      attempts: measured.reduce((sum, { whole }) => sum + whole, 0),
    })),
  );
  const tested = figures.map((timeSeries, index) => {
    const found = timeSeries.nights.length < MIN_NIGHTS ? undefined : look(timeSeries, toSeries(timeSeries));
    const chance =
      found === undefined ? 1 : Math.min(1, TESTS * Math.min(found.step.chance, found.drift.chance));
    return { timeSeries, found, chance, weight: weights[index]! };
  });
  const corrected = correctChances(tested);
  const whole = tested.reduce((sum, { weight }) => sum + weight, 0);
  return tested.map(({ timeSeries, found, chance, weight }, index) => {
    const alpha = (ALPHA * weight) / whole / TESTS;
    return judge(timeSeries, found, { alpha, chance, pAdjusted: corrected[index]! });
  });
}

function look(timeSeries: FigureTimeSeries, series: Series): Found {
  // The position of a step and the residuals do not depend on correlation between nights.
  const split = findSplit(series);
  const fit = fitBetter(series, split, testDrift(series, 1).slope);
  const likeness = likenessOf(fit.residuals);
  const step = testStep(series, likeness.inflation);
  const drift = testDrift(series, likeness.inflation);
  const shift = measureShift(series, split, likeness.inflation);
  const first = series.days[0] ?? 0;
  const left = series.values.map((value, index) =>
    fit.kind === 'step'
      ? value - (index < split ? 0 : shift.difference)
      : value - drift.slope * (series.days[index]! - first),
  );
  const error = TWO_SIDED_95 * ownErrorOf(timeSeries.measured);
  const stepError = error * Math.sqrt(1 / split + 1 / (series.values.length - split));
  const driftError = error / Math.sqrt(squaresOf(series.days));
  return {
    step: { ...step, shift: { ...shift, ci95: widen(shift.ci95, shift.difference, stepError) } },
    drift: { ...drift, ci95: widen(drift.ci95, drift.slope, driftError) },
    ...{ better: fit.kind, likeness },
    scatter: scatterOf(left, timeSeries.measured),
  };
}

/** Nights that happen to agree are not known more precisely than each single one. */
function widen(
  [low, high]: readonly [number, number],
  value: number,
  error: number,
): readonly [number, number] {
  return [Math.min(low, value - error), Math.max(high, value + error)];
}

function squaresOf(days: readonly number[]): number {
  const mean = days.reduce((sum, day) => sum + day, 0) / days.length;
  return days.reduce((sum, day) => sum + (day - mean) ** 2, 0);
}

function judge(
  timeSeries: FigureTimeSeries,
  found: Found | undefined,
  { alpha, chance, pAdjusted }: { alpha: number; chance: number; pAdjusted: number },
): JudgedTimeSeries {
  const blank = { timeSeries, alpha, pAdjusted, found, worse: null, isSlight: false, smallestStep: null };
  if (found === undefined) return { ...blank, verdict: 'cannot tell' };
  const sds = smallestStepSds(timeSeries.nights.length, alpha);
  const margin = marginOf(timeSeries);
  const smallestStep =
    sds === null ? null : Math.max(margin, sds * found.scatter * Math.sqrt(found.likeness.inflation));
  if (pAdjusted > ALPHA) {
    return { ...blank, smallestStep, verdict: smallestStep === null ? 'cannot tell' : 'no change seen' };
  }
  const verdict = chooseKind(found, chance, pAdjusted);
  const size = verdict === 'changed' ? found.step.shift.difference : driftOver(timeSeries, found);
  if (Math.abs(size) <= margin) return { ...blank, smallestStep, isSlight: true, verdict: 'no change seen' };
  return { ...blank, smallestStep, verdict, worse: size > 0 === (timeSeries.figure.good === 'low') };
}

/** What describes the nights better, unless only the test for the other one detected something. */
function chooseKind(
  { better, step, drift }: Found,
  chance: number,
  pAdjusted: number,
): 'changed' | 'drifted' {
  const granted = pAdjusted > 0 ? (ALPHA * chance) / pAdjusted : ALPHA;
  if (better === 'step') return step.chance * TESTS <= granted ? 'changed' : 'drifted';
  return drift.chance * TESTS <= granted ? 'drifted' : 'changed';
}

function driftOver({ nights }: FigureTimeSeries, { drift }: Found): number {
  const [first, last] = [nights[0], nights.at(-1)].map((night) =>
    Date.parse(night?.facts.run.startedAt ?? ''),
  );
  return (drift.slope * (last! - first!)) / 86_400_000;
}

/**
 * Smaller changes are ignored, because nobody would act on them. Stricter than in `compare`, which cannot see how runs
 * differ from night to night.
 */
function marginOf({ figure: { unit }, measured }: FigureTimeSeries): number {
  const level = medianOf(measured.map(({ value }) => value));
  switch (unit) {
    case 'share':
      return 0;
    case 'us':
      return Math.max(100, 0.05 * level);
    case 'perSec':
    case 'ratio':
      return 0.01 * level;
  }
}
