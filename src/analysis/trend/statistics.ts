import { medianOf } from '../median.ts';
import { placesByClass, type Series } from './ranks.ts';

const TWO_SIDED_95 = 1.959964;

export interface Shift {
  /** Medians of the nights before and after. */
  readonly from: number;
  readonly to: number;
  /** How much nights after exceed nights before: the median of all differences. */
  readonly difference: number;
  readonly ci95: readonly [low: number, high: number];
}

/**
 * How much higher the nights from `split` on are than those before: Hodges and Lehmann's estimate with the limits that
 * belong to Wilcoxon's test (Moses; Hollander and Wolfe 1999, 4.2 and 4.3), with differences taken within classes. A
 * single outlier affects neither.
 */
export function measureShift({ values, classes }: Series, split: number, inflation: number): Shift {
  const differences: number[] = [];
  let variance = 0;
  for (const places of placesByClass(classes)) {
    const before = places.filter((place) => place < split);
    const after = places.filter((place) => place >= split);
    for (const one of before) for (const other of after) differences.push(values[other]! - values[one]!);
    variance += (before.length * after.length * (places.length + 1)) / 12;
  }
  differences.sort((a, b) => a - b);
  const reach = TWO_SIDED_95 * Math.sqrt(variance * inflation);
  const low = Math.max(0, Math.floor(differences.length / 2 - reach) - 1);
  return {
    from: medianOf(values.slice(0, split)),
    to: medianOf(values.slice(split)),
    difference: differences.length === 0 ? 0 : medianOf(differences),
    ci95: [differences[low] ?? 0, differences[differences.length - 1 - low] ?? 0],
  };
}

/** With fewer nights, correlation between neighbours cannot be estimated. */
const MIN_NIGHTS = 12;

/** One-sided 5 % point of the normal distribution. */
const CLEARLY = 1.645;

/**
 * The correlation is underestimated by (1 + 3 correlation) / nights (Kendall 1954), and by 1 / nights more if a slope
 * or place is fitted.
 */
const LOST = 2;

/** With a higher correlation, the formula becomes unstable for few nights. */
const MAX_ALIKE = 0.7;

export interface Likeness {
  /** Correlation between consecutive nights; null if there are too few. */
  readonly correlation: number | null;
  /** How many times the variance of sums over nights exceeds that of independent nights; 1 or more. */
  readonly inflation: number;
}

/**
 * If consecutive nights resemble each other (a busy week, a warm spell), steps and drifts appear where there are none.
 * If they clearly do, all variances are increased as for a first-order process (Bayley and Hammersley 1946; von Storch
 * 1995). Estimated after removing the step or drift, which would look like correlation as well.
 */
export function likenessOf(residuals: Float64Array): Likeness {
  const length = residuals.length;
  const squares = residuals.reduce((sum, residual) => sum + residual ** 2, 0);
  if (length < MIN_NIGHTS || squares < 1e-12) return { correlation: null, inflation: 1 };
  let products = 0;
  for (let index = 1; index < length; index += 1) products += residuals[index]! * residuals[index - 1]!;
  // Removing a step or drift reduces the apparent correlation, especially with few nights.
  const raw = products / squares;
  const correlation = raw + (LOST + 3 * raw) / length;
  if (correlation * Math.sqrt(length) <= CLEARLY) return { correlation, inflation: 1 };
  const alike = Math.min(MAX_ALIKE, correlation);
  return { correlation, inflation: (1 + alike) / (1 - alike) };
}
