import { checkComparable } from '../analysis/compare/comparable.ts';
import { compareRuns } from '../analysis/compare/compare.ts';
import type { Comparison } from '../analysis/compare/types.ts';
import { readRunTimeSeries } from './time-series.ts';

/**
 * Compares two runs as `rushhour compare --anyway` does: differences in what they tested are stated, not refused.
 * @param before folder of the run before the change
 * @param after folder of the run after it
 */
export async function compareFolders(before: string, after: string): Promise<Comparison> {
  const [first, second] = [await readRunTimeSeries(before), await readRunTimeSeries(after)];
  const { refusals } = checkComparable([first.facts], [second.facts]);
  return compareRuns([first], [second], refusals);
}
