import type { Difference } from './difference.ts';
import { scoreLimits } from './estimate.ts';
import { normalQuantile, tQuantile } from './students-t.ts';

/** The probability with which the stated smallest difference would have been detected. */
export const POWER = 0.8;

const BISECTIONS = 50;

/** A share, with the number of attempts on either side. */
export interface ShareDesign {
  /** The share of bad outcomes before. */
  readonly before: number;
  readonly attemptsBefore: number;
  readonly attemptsAfter: number;
}

/**
 * The smallest rise of a share that would have been detected.
 * @param alpha accepted probability of a false alarm, 0-1
 * @returns null if no rise would
 */
export function smallestRise(
  { before, attemptsBefore, attemptsAfter }: ShareDesign,
  { clustering, df }: Pick<Difference, 'clustering' | 'df'>,
  alpha: number,
): number | null {
  const independentBefore = attemptsBefore / clustering;
  const independentAfter = attemptsAfter / clustering;
  const quantile = tQuantile(1 - alpha / 2, df);
  const quantileBefore = before > 0 ? quantile : normalQuantile(1 - alpha / 2);
  const highBefore = scoreLimits(before, independentBefore, quantileBefore)[1] - before;
  const isDetected = (rise: number): boolean => {
    const lowAfter = scoreLimits(before + rise, independentAfter, quantile)[0];
    return rise > Math.hypot(before + rise - lowAfter, highBefore);
  };
  const detectable = smallestThat(1 - before, isDetected);
  if (detectable === null) return null;
  const varianceOf = (share: number, attempts: number): number => (share * (1 - share)) / attempts;
  const errorsForPower = tQuantile(POWER, df);
  return smallestThat(1 - before, (rise) => {
    const error = Math.sqrt(
      varianceOf(before, independentBefore) + varianceOf(before + rise, independentAfter),
    );
    return rise - errorsForPower * error >= detectable;
  });
}

/** The same for a figure that is not a share, from the width of its interval. */
export function smallestChange(
  { value, df, interval }: Difference,
  alpha: number,
  margin: number,
): number | null {
  const [low, high] = interval(alpha);
  const reach = Math.max(high - value, value - low);
  const change = margin + reach * (1 + tQuantile(POWER, df) / tQuantile(1 - alpha / 2, df));
  return Number.isFinite(change) ? change : null;
}

function smallestThat(most: number, holds: (value: number) => boolean): number | null {
  if (!holds(most)) return null;
  let low = 0;
  let high = most;
  for (let step = 0; step < BISECTIONS; step += 1) {
    const middle = (low + high) / 2;
    if (holds(middle)) high = middle;
    else low = middle;
  }
  return high;
}
