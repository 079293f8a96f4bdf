/**
 * Frequencies that the variance is read from reach up to a period of twice this many seconds: what lasts longer than
 * about a tenth of that is taken for one event. Bursts of tens of seconds are what firewalls do.
 */
const SECONDS_PER_TERM = 200;

/**
 * Fewer terms, and t quantiles grow beyond use; more at the least, and a burst of a tenth of a short run would be
 * taken for a change (bench/compare.mjs). More at the most gain nothing.
 */
const MIN_TERMS = 4;
const MAX_TERMS = 40;

/** Below this many seconds nothing is said about how a figure varies. */
export const MIN_SECONDS = 8;

/**
 * Of a run's time, a burst may last so much without being taken for a change: found by simulation, docs/comparing.md.
 */
const LONGEST_BURST_SHARE = 1 / 8;

/** The longest simulated. */
const LONGEST_BURST_SEC = 60;

/** Bursts up to this many seconds are allowed for in what is said of runs, the shortest of which lasted `seconds`. */
export function longestBurstSec(seconds: number): number {
  return Math.min(LONGEST_BURST_SEC, Math.floor(seconds * LONGEST_BURST_SHARE));
}

/** A variance, and how well it is known. */
export interface Variance {
  readonly variance: number;
  /** Degrees of freedom of Student's t. */
  readonly df: number;
}

/**
 * Variance of the sum of a series whose neighbours may be alike, from its lowest frequencies: the equal-weighted
 * cosine estimator, with which t intervals hold (Mueller 2004; Lazarus, Lewis, Stock and Watson 2018, "HAR Inference:
 * Recommendations for Practice", JBES 36:541, equation 10).
 * @param residuals deviations of equal stretches of time, summing to 0
 * @param seconds how long all of them took together
 */
export function varianceOfSum(residuals: Float64Array, seconds: number): Variance {
  const length = residuals.length;
  const terms = Math.max(MIN_TERMS, Math.min(MAX_TERMS, Math.round(seconds / SECONDS_PER_TERM), length - 1));
  let sum = 0;
  for (let term = 1; term <= terms; term += 1) {
    const step = (Math.PI * term) / length;
    // The cosine of step * (index + 0.5): each is the one before, turned by a step, which takes no call.
    const [turnCos, turnSin] = [Math.cos(step), Math.sin(step)];
    let [cos, sin] = [Math.cos(step / 2), Math.sin(step / 2)];
    let projection = 0;
    for (let index = 0; index < length; index += 1) {
      projection += residuals[index]! * cos;
      const turned = cos * turnCos - sin * turnSin;
      sin = sin * turnCos + cos * turnSin;
      cos = turned;
    }
    sum += 2 * projection * projection;
  }
  return { variance: sum / terms, df: terms };
}

/**
 * Sum of independent variances. Its degrees of freedom are Satterthwaite's with the correction for variances that are
 * themselves estimates (Satterthwaite 1946, Biometrics Bulletin 2:110; Welch 1947, Biometrika 34:28): without it two
 * equal sides seem unequal by chance, and count for less than they are.
 */
export function addVariances(parts: readonly Variance[]): Variance {
  const variance = parts.reduce((sum, part) => sum + part.variance, 0);
  const most = parts.reduce((sum, part) => sum + part.df, 0);
  const spread = parts.reduce((sum, part) => sum + part.variance ** 2 / (part.df + 2), 0);
  return { variance, df: spread > 0 ? Math.min(most, variance ** 2 / spread - 2) : most };
}
