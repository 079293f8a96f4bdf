import type { SecondCounts } from '../tally.ts';

/** Fewer stalls than this have no spread to speak of. */
const FEWEST = 20;

/**
 * How unevenly stalls are spread over the seconds, given what was started in each: variance over what independent chance gives
 * (Pearson's chi-square over its degrees of freedom). About 1: each start has the same chance, whatever happens to the others. Far
 * above: they come in bursts. Far below: something counts. Undefined where too few stalled.
 */
export function measureDispersion(bySecond: ReadonlyMap<number, SecondCounts>): number | undefined {
  const seconds = [...bySecond.values()].filter(({ started }) => started > 0);
  const started = seconds.reduce((sum, counts) => sum + counts.started, 0);
  const stalled = seconds.reduce((sum, counts) => sum + Math.min(counts.started, counts.stalled), 0);
  const rate = stalled / Math.max(1, started);
  if (stalled < FEWEST || rate >= 1 || seconds.length < 10) return undefined;
  const squares = seconds.reduce((sum, counts) => {
    const expected = counts.started * rate;
    return sum + (Math.min(counts.started, counts.stalled) - expected) ** 2 / (expected * (1 - rate));
  }, 0);
  return Math.round((squares / (seconds.length - 1)) * 100) / 100;
}
