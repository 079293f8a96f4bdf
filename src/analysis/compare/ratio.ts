import { addVariances, MIN_SECONDS, type Variance, varianceOfSum } from './long-run.ts';

/** A part of a whole over time, of one run. */
export interface PartTimeSeries {
  readonly part: Float64Array;
  readonly whole: Float64Array;
  readonly seconds: number;
}

/** A part divided by a whole, with the variance of the quotient. */
export interface Ratio {
  readonly value: number;
  readonly whole: number;
  /** Of the value; undefined if the run was too short to estimate it. */
  readonly spread: Variance | undefined;
}

/** Variation between runs is used only with this many on each side: two runs are too few to estimate it. */
export const RUNS_FOR_UNITS = 3;

export type Units = 'seconds' | 'runs';

/** @returns undefined if the whole is 0 */
export function ratioOf(runs: readonly PartTimeSeries[], units: Units): Ratio | undefined {
  const sums = runs.map(({ part, whole }) => ({ part: sumOf(part), whole: sumOf(whole) }));
  const part = sums.reduce((sum, run) => sum + run.part, 0);
  const whole = sums.reduce((sum, run) => sum + run.whole, 0);
  if (!(whole > 0)) return undefined;
  const value = part / whole;
  const ofPart = units === 'runs' ? amongRuns(sums, value) : withinRuns(runs, sums);
  const spread = ofPart && { variance: ofPart.variance / whole ** 2, df: ofPart.df };
  return { value, whole, spread };
}

/** Variance of the sum of parts, from how runs differ: the ratio estimator (Cochran 1977, Sampling Techniques, 6.4). */
function amongRuns(sums: readonly { part: number; whole: number }[], value: number): Variance | undefined {
  const count = sums.length;
  if (count < 2) return undefined;
  const squares = sums.reduce((sum, run) => sum + (run.part - value * run.whole) ** 2, 0);
  return { variance: (count / (count - 1)) * squares, df: count - 1 };
}

/** Variance of the sum of parts, from how each run varied about its own ratio. */
function withinRuns(
  runs: readonly PartTimeSeries[],
  sums: readonly { part: number; whole: number }[],
): Variance | undefined {
  const variances: Variance[] = [];
  for (const [index, { part, whole, seconds }] of runs.entries()) {
    const sum = sums[index]!;
    if (sum.whole === 0) continue;
    if (seconds < MIN_SECONDS || part.length < MIN_SECONDS) return undefined;
    const own = sum.part / sum.whole;
    const residuals = new Float64Array(part.length);
    for (let at = 0; at < part.length; at += 1) residuals[at] = part[at]! - own * whole[at]!;
    variances.push(varianceOfSum(residuals, seconds));
  }
  return addVariances(variances);
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]!;
  return sum;
}
