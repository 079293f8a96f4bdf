import type { SecondCounts } from '../tally.ts';

/** Fewer than this have no spread to speak of. */
const FEWEST = 20;

/** Up to this dispersion, starts failed as independent chance has it. */
export const LIKE_CHANCE = 1.6;

/** What was started in a second, and how many of those were ill, no more than that. */
export interface IllSecond {
  readonly started: number;
  readonly ill: number;
}

/**
 * How unevenly ill starts are spread over the seconds, given what was started in each: variance over what independent chance gives
 * (Pearson's chi-square over its degrees of freedom). About 1: each start has the same chance, whatever happens to the others. Far
 * above: they come in bursts. Far below: something counts. Undefined where too few were ill.
 */
export function dispersionOf(seconds: readonly IllSecond[]): number | undefined {
  const started = seconds.reduce((sum, second) => sum + second.started, 0);
  const ill = seconds.reduce((sum, second) => sum + second.ill, 0);
  const rate = ill / Math.max(1, started);
  if (ill < FEWEST || rate >= 1 || seconds.length < 10) return undefined;
  const squares = seconds.reduce((sum, second) => {
    const expected = second.started * rate;
    return sum + (second.ill - expected) ** 2 / (expected * (1 - rate));
  }, 0);
  return Math.round((squares / (seconds.length - 1)) * 100) / 100;
}

/** The same of stalls. */
export function measureDispersion(bySecond: ReadonlyMap<number, SecondCounts>): number | undefined {
  return dispersionOf(
    [...bySecond.values()]
      .filter(({ started }) => started > 0)
      .map(({ started, stalled }) => ({ started, ill: Math.min(started, stalled) })),
  );
}
