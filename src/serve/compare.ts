import { checkComparable } from '../analysis/compare/comparable.ts';
import { compareRuns } from '../analysis/compare/compare.ts';
import type { Comparison } from '../analysis/compare/types.ts';
import { readRunTimeSeries } from '../read/time-series.ts';

/** Holds two runs against each other, as `rushhour compare --anyway` does: what makes them unlike is said in it. */
export async function compareFolders(before: string, after: string): Promise<Comparison> {
  const [courseBefore, courseAfter] = [await readRunTimeSeries(before), await readRunTimeSeries(after)];
  const { refusals } = checkComparable([courseBefore.facts], [courseAfter.facts]);
  return compareRuns([courseBefore], [courseAfter], refusals);
}
