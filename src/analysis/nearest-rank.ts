/** How often each value occurred. */
export type CountsByValue = ReadonlyMap<number, number>;

/** The values in ascending order, each with its count. */
export function ascendingOf(counts: CountsByValue): (readonly [value: number, count: number])[] {
  return [...counts].sort(([a], [b]) => a - b);
}

/**
 * The smallest value that this many do not exceed (nearest rank); 0 if there are none.
 * @param ascending values in ascending order, each with its count
 */
export function nearestRank(
  ascending: readonly (readonly [value: number, count: number])[],
  rank: number,
): number {
  let seen = 0;
  for (const [value, count] of ascending) {
    seen += count;
    if (seen >= rank) return value;
  }
  return 0;
}
