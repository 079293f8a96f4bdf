import type { Variance } from './long-run.ts';
import type { Ratio } from './ratio.ts';
import { quantileAt, type Spectrum } from './time-sample.ts';

/** A figure of one side, with bounds for its true value. */
export interface Estimate {
  readonly value: number;
  /** The basis of the bounds: the variance of the value, or of the share of times up to it. */
  readonly spread: Variance;
  /** Variance that the share would have if attempts were independent; 0 if the figure is not a share. */
  readonly independentVariance: number;
  /** @param clustering how many times the variance exceeds that of independent attempts */
  limits(errors: Errors, clustering: number): readonly [low: number, high: number];
}

/** The bounds in standard errors. */
export interface Errors {
  /** If the variance is itself estimated: Student's t. */
  readonly estimated: number;
  /** If it is not: a side without a single stall has no estimated variance. */
  readonly given: number;
}

/** A mean: symmetric bounds. */
export function estimateMean({ value, spread }: Ratio & { readonly spread: Variance }): Estimate {
  const error = Math.sqrt(spread.variance);
  return {
    value,
    spread,
    independentVariance: 0,
    limits: ({ estimated }) => [value - estimated * error, value + estimated * error],
  };
}

/** A share of attempts, by Wilson's score limits for the effective number of independent attempts. */
export function estimateShare({ value, whole, spread }: Ratio & { readonly spread: Variance }): Estimate {
  const share = Math.min(1, Math.max(0, value));
  return {
    value: share,
    spread,
    independentVariance: (share * (1 - share)) / whole,
    limits: ({ estimated, given }, clustering) =>
      scoreLimits(share, whole / clustering, spread.variance > 0 ? estimated : given),
  };
}

/**
 * A quantile, with an interval from the bounds of the share that it cuts off, read from the times themselves (Woodruff
 * 1952, JASA 47:635).
 * @param share 0-1, of times that are not longer
 */
export function estimateQuantile(
  valueUs: number,
  share: number,
  { whole, spread }: Ratio & { readonly spread: Variance },
  spectrum: Spectrum,
): Estimate {
  return {
    value: valueUs,
    spread,
    independentVariance: (share * (1 - share)) / whole,
    limits({ estimated }, clustering) {
      const [low, high] = scoreLimits(share, whole / clustering, estimated);
      return [
        low * whole < 1 ? 0 : Math.min(valueUs, quantileAt(spectrum, low)),
        // None of the observed times is that extreme: the bound is unknown.
        (1 - high) * whole < 1 ? Number.POSITIVE_INFINITY : Math.max(valueUs, quantileAt(spectrum, high)),
      ];
    },
  };
}

/** Wilson's score interval (Wilson 1927, JASA 22:209) for any quantile and any, even fractional, number of trials. */
export function scoreLimits(share: number, trials: number, quantile: number): [number, number] {
  const z2 = (quantile * quantile) / trials;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (quantile / (1 + z2)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials));
  return [share === 0 ? 0 : Math.max(0, centre - half), share === 1 ? 1 : Math.min(1, centre + half)];
}
