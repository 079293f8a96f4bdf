/** Two-sided 95 % quantile of the standard normal distribution. */
const Z = 1.959963984540054;

/**
 * Wilson's score interval for a share (Wilson 1927, JASA 22:209): unlike the textbook interval it stays within 0-1 and
 * is informative even if nothing was observed. It assumes independent attempts; stalls come in bursts, so the true
 * interval is at least as wide.
 * @param hits 0 to `trials`
 * @returns lower and upper bound; 0 and 1 without trials
 */
export function wilsonInterval(hits: number, trials: number): [number, number] {
  if (trials === 0) return [0, 1];
  const share = hits / trials;
  const z2 = (Z * Z) / trials;
  const centre = (share + z2 / 2) / (1 + z2);
  const half = (Z / (1 + z2)) * Math.sqrt((share * (1 - share)) / trials + z2 / (4 * trials));
  return [hits === 0 ? 0 : Math.max(0, centre - half), hits === trials ? 1 : Math.min(1, centre + half)];
}
