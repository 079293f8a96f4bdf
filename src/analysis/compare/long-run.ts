/**
 * The variance is estimated from frequencies down to a period of twice this many seconds: anything that lasts longer
 * than about a tenth of that counts as one event. Firewalls cause bursts of tens of seconds.
 */
const SECONDS_PER_TERM = 200;

/**
 * With fewer terms, t quantiles become useless; with a higher minimum, a burst lasting a tenth of a short run would
 * look like a change (bench/compare.mjs). A higher maximum gains nothing.
 */
const MIN_TERMS = 4;
const MAX_TERMS = 40;

/** Below this many seconds, the variation of a figure cannot be estimated. */
export const MIN_SECONDS = 8;

/**
 * A burst may last this share of a run without looking like a change; determined by simulation, see docs/comparing.md.
 */
const LONGEST_BURST_SHARE = 1 / 8;

/** The longest simulated. */
const LONGEST_BURST_SEC = 60;

/** The longest burst, in seconds, that is allowed for if the shortest run lasted `seconds`. */
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
 * Variance of the sum of a possibly autocorrelated series, from its lowest frequencies: the equal-weighted
 * cosine estimator, with which t intervals hold (Mueller 2004; Lazarus, Lewis, Stock and Watson 2018, "HAR Inference:
 * Recommendations for Practice", JBES 36:541, equation 10).
 * @param residuals deviations of equal stretches of time, summing to 0
 * @param seconds total length
 */
export function varianceOfSum(residuals: Float64Array, seconds: number): Variance {
  const length = residuals.length;
  const terms = Math.max(MIN_TERMS, Math.min(MAX_TERMS, Math.round(seconds / SECONDS_PER_TERM), length - 1));
  let sum = 0;
  for (let term = 1; term <= terms; term += 1) {
    const step = (Math.PI * term) / length;
    // The cosine of step * (index + 0.5), by rotation from the previous one, which avoids a call.
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
 * themselves estimates (Satterthwaite 1946, Biometrics Bulletin 2:110; Welch 1947, Biometrika 34:28): without it, two
 * equal sides that differ by chance would count for less than they are worth.
 */
export function addVariances(parts: readonly Variance[]): Variance {
  const variance = parts.reduce((sum, part) => sum + part.variance, 0);
  const most = parts.reduce((sum, part) => sum + part.df, 0);
  const spread = parts.reduce((sum, part) => sum + part.variance ** 2 / (part.df + 2), 0);
  return { variance, df: spread > 0 ? Math.min(most, variance ** 2 / spread - 2) : most };
}
