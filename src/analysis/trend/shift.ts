import { medianOf } from '../median.ts';
import { placesByClass, type Series } from './ranks.ts';

const TWO_SIDED_95 = 1.959964;

export interface Shift {
  /** Medians of the nights on either side. */
  readonly from: number;
  readonly to: number;
  /** By how much nights after exceed nights before: the median of all differences. */
  readonly difference: number;
  readonly ci95: readonly [low: number, high: number];
}

/**
 * How far the nights from `split` on lie above those before: Hodges and Lehmann's estimate with the limits that
 * belong to Wilcoxon's test (Moses; Hollander and Wolfe 1999, 4.2 and 4.3), differences taken within classes. A
 * single night far off moves neither.
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
