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

/** What is needed of one run, to put it together with others: its sums, and how the part varied about the run's own ratio. */
export interface ReducedRun {
  readonly part: number;
  readonly whole: number;
  /** Variance of the sum of the part; undefined if the run was too short to estimate it. */
  readonly ofPart: Variance | undefined;
}

/** @returns undefined if the whole is 0 */
export function ratioOf(runs: readonly PartTimeSeries[], units: Units): Ratio | undefined {
  if (units === 'seconds') return poolRuns(runs.map(reduceSeries));
  const sums = runs.map(({ part, whole }) => ({ part: sumOf(part), whole: sumOf(whole) }));
  const { part, whole } = addUp(sums);
  if (!(whole > 0)) return undefined;
  return divide(part, whole, amongRuns(sums, part / whole));
}

/** The ratio of several runs as of one long run, by how each varied in itself. @returns undefined if the whole is 0 */
export function poolRuns(runs: readonly ReducedRun[]): Ratio | undefined {
  const { part, whole } = addUp(runs);
  if (!(whole > 0)) return undefined;
  const variances: Variance[] = [];
  for (const run of runs) {
    if (run.whole === 0) continue;
    if (run.ofPart === undefined) return divide(part, whole, undefined);
    variances.push(run.ofPart);
  }
  return divide(part, whole, addVariances(variances));
}

export function reduceSeries({ part, whole, seconds }: PartTimeSeries): ReducedRun {
  const sums = { part: sumOf(part), whole: sumOf(whole) };
  if (seconds < MIN_SECONDS || part.length < MIN_SECONDS) return { ...sums, ofPart: undefined };
  const own = sums.whole === 0 ? 0 : sums.part / sums.whole;
  const residuals = new Float64Array(part.length);
  for (let at = 0; at < part.length; at += 1) residuals[at] = part[at]! - own * whole[at]!;
  return { ...sums, ofPart: varianceOfSum(residuals, seconds) };
}

function addUp(runs: readonly { readonly part: number; readonly whole: number }[]) {
  return {
    part: runs.reduce((sum, run) => sum + run.part, 0),
    whole: runs.reduce((sum, run) => sum + run.whole, 0),
  };
}

function divide(part: number, whole: number, ofPart: Variance | undefined): Ratio {
  const spread = ofPart && { variance: ofPart.variance / whole ** 2, df: ofPart.df };
  return { value: part / whole, whole, spread };
}

/** Variance of the sum of parts, from how runs differ: the ratio estimator (Cochran 1977, Sampling Techniques, 6.4). */
function amongRuns(sums: readonly { part: number; whole: number }[], value: number): Variance | undefined {
  const count = sums.length;
  if (count < 2) return undefined;
  const squares = sums.reduce((sum, run) => sum + (run.part - value * run.whole) ** 2, 0);
  return { variance: (count / (count - 1)) * squares, df: count - 1 };
}

function sumOf(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at += 1) sum += values[at]!;
  return sum;
}
