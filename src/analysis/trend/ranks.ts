import { normalQuantile } from '../compare/students-t.ts';

/** A figure of each night, oldest first. */
export interface Series {
  readonly values: readonly number[];
  /** Days since any moment, ascending. */
  readonly days: readonly number[];
  /** Nights are compared only within their class: all are of class 0, or weekends are of another. */
  readonly classes: readonly number[];
}

/** Positions of the nights of each class, in order of time. */
export function placesByClass(classes: readonly number[]): Uint32Array[] {
  const places = new Map<number, number[]>();
  for (const [index, name] of classes.entries()) places.set(name, [...(places.get(name) ?? []), index]);
  return [...places.values()].map((list) => Uint32Array.from(list));
}

/**
 * Rank of each value among those of its class as a share, above 0 and below 1; equal values share the mean of their
 * ranks.
 */
export function rankShares({ values, classes }: Pick<Series, 'values' | 'classes'>): Float64Array {
  const shares = new Float64Array(values.length);
  for (const places of placesByClass(classes)) {
    const sorted = [...places].sort((a, b) => values[a]! - values[b]!);
    for (let from = 0; from < sorted.length; ) {
      let to = from;
      while (to < sorted.length && values[sorted[to]!] === values[sorted[from]!]) to += 1;
      const rank = (from + 1 + to) / 2;
      for (const place of sorted.slice(from, to)) shares[place] = rank / (sorted.length + 1);
      from = to;
    }
  }
  return shares;
}

/**
 * Normal scores (van der Waerden 1952): the value that a rank would have if nights were normally distributed. A single
 * outlier counts no more than the highest rank, and little is lost if nights are indeed normal. Their sum within each
 * class is 0.
 */
export function normalScores(series: Pick<Series, 'values' | 'classes'>): Float64Array {
  const scores = rankShares(series).map(normalQuantile);
  for (const places of placesByClass(series.classes)) {
    const mean = places.reduce((sum, place) => sum + scores[place]!, 0) / places.length;
    for (const place of places) scores[place] = scores[place]! - mean;
  }
  return scores;
}
