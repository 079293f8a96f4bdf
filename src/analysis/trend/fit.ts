import { medianOf } from '../median.ts';
import { placesByClass, rankShares, type Series } from './ranks.ts';

/** What describes the nights better, and what remains of their ranks without it. */
export interface Fit {
  readonly kind: 'step' | 'drift';
  readonly residuals: Float64Array;
}

/**
 * Decides whether the nights look more like a step or a drift: either makes the test for the other respond as well. By
 * what remains after each (absolute deviations, so that a single unusual night does not decide) and Schwarz's
 * criterion (1978, Annals of Statistics 6:461), in which a step has one parameter more: its place.
 */
export function fitBetter(series: Series, split: number, slope: number): Fit {
  const values = alignClasses(series);
  const first = series.days[0] ?? 0;
  const criterion = (left: readonly number[], figures: number): number => {
    const deviations = left.reduce((sum, value) => sum + Math.abs(value), 0);
    return 2 * left.length * Math.log(deviations + Number.MIN_VALUE) + figures * Math.log(left.length);
  };
  const level = [medianOf(values.slice(0, split)), medianOf(values.slice(split))];
  const afterStep = values.map((value, index) => value - level[index < split ? 0 : 1]!);
  const straightened = values.map((value, index) => value - slope * (series.days[index]! - first));
  const middle = medianOf(straightened);
  const afterDrift = straightened.map((value) => value - middle);
  const shares = rankShares(series);
  return criterion(afterStep, 3) <= criterion(afterDrift, 2)
    ? { kind: 'step', residuals: stepResiduals(shares, split) }
    : { kind: 'drift', residuals: driftResiduals(shares, series.days) };
}

/** Values as if all classes had the same median. */
function alignClasses({ values, classes }: Series): number[] {
  const aligned = [...values];
  for (const places of placesByClass(classes)) {
    const middle = medianOf(Array.from(places, (place) => values[place]!));
    for (const place of places) aligned[place] = values[place]! - middle;
  }
  return aligned;
}

function stepResiduals(shares: Float64Array, split: number): Float64Array {
  const means = [meanOf(shares.subarray(0, split)), meanOf(shares.subarray(split))];
  return shares.map((share, index) => share - means[index < split ? 0 : 1]!);
}

function driftResiduals(shares: Float64Array, days: readonly number[]): Float64Array {
  const meanShare = meanOf(shares);
  const meanDay = meanOf(Float64Array.from(days));
  let products = 0;
  let squares = 0;
  for (const [index, day] of days.entries()) {
    products += (shares[index]! - meanShare) * (day - meanDay);
    squares += (day - meanDay) ** 2;
  }
  const slope = squares > 0 ? products / squares : 0;
  return shares.map((share, index) => share - meanShare - slope * (days[index]! - meanDay));
}

function meanOf(values: Float64Array): number {
  return values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length;
}
