import type { Estimate } from './estimate.ts';
import { addVariances } from './long-run.ts';
import { normalQuantile, tQuantile } from './students-t.ts';

/**
 * Evenly spaced stalls vary less than by chance; with few stalls this may be coincidence, and must not make a few
 * attempts count for many.
 */
const LEAST_CLUSTERING = 0.25;

/** Smaller probabilities do not matter. */
const LEAST_CHANCE = 1e-12;
const BISECTIONS = 40;

/** The value of a figure after the change minus its value before. */
export interface Difference {
  readonly value: number;
  readonly df: number;
  /** How many times the variance exceeds that of independent attempts; 1 if nothing was seen that could cluster. */
  readonly clustering: number;
  /** @param alpha probability that the interval excludes the true difference, 0-1 */
  interval(alpha: number): readonly [low: number, high: number];
}

/**
 * Interval of a difference from those of its two figures, keeping their asymmetric bounds (Newcombe 1998, Statistics
 * in Medicine 17:873, method 10; in general: Zou and Donner 2008, same journal 27:1693). Clustering is estimated from
 * both sides together: a side without stalls shows none.
 */
export function differenceOf(before: Estimate, after: Estimate): Difference {
  const { variance, df } = addVariances([before.spread, after.spread]);
  const independent = before.independentVariance + after.independentVariance;
  const clustering = independent > 0 && variance > 0 ? Math.max(LEAST_CLUSTERING, variance / independent) : 1;
  const value = after.value - before.value;
  return {
    value,
    df,
    clustering,
    interval(alpha) {
      const errors = { estimated: tQuantile(1 - alpha / 2, df), given: normalQuantile(1 - alpha / 2) };
      const [beforeLow, beforeHigh] = before.limits(errors, clustering);
      const [afterLow, afterHigh] = after.limits(errors, clustering);
      return [
        value - Math.hypot(after.value - afterLow, beforeHigh - before.value),
        value + Math.hypot(afterHigh - after.value, before.value - beforeLow),
      ];
    },
  };
}

/**
 * Probability of a difference at least this far from `margin` by chance: the level at which intervals begin to reach
 * it.
 * @param margin a difference up to this, in either direction, counts as none; 0 or more
 */
export function chanceByLuck({ value, interval }: Difference, margin: number): number {
  if (Math.abs(value) <= margin) return 1;
  const isClear = (alpha: number): boolean => {
    const [low, high] = interval(alpha);
    return low > margin || high < -margin;
  };
  if (isClear(LEAST_CHANCE)) return LEAST_CHANCE;
  let clear = 0;
  let unclear = Math.log(LEAST_CHANCE);
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (clear + unclear) / 2;
    if (isClear(Math.exp(middle))) clear = middle;
    else unclear = middle;
  }
  return Math.exp(clear);
}
