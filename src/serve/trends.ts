import type { RunRow } from '../render/web/types.ts';
import type { Catalog, CatalogRun } from './catalog.ts';

/** Points that can still be told apart. */
const TREND_RUNS = 60;
/** Drawings below each other that are still looked at. */
const MAX_TRENDS = 3;

export interface Trends {
  /** Runs that did the same against the same far end, oldest first; the group that was run last comes first. */
  readonly trends: readonly (readonly RunRow[])[];
  /** Runs of the scenario that stand in none of them, for they did something else. */
  readonly apart: number;
}

/**
 * The finished runs of one scenario, those of one load and one far end together: a line between others would show what
 * was changed in the test, and not what changed in the network.
 * @param runs of one scenario, the latest first
 */
export async function groupTrends(runs: readonly CatalogRun[], catalog: Catalog): Promise<Trends> {
  const groups = new Map<string, RunRow[]>();
  let known = 0;
  for (const run of runs.slice(0, MAX_TRENDS * TREND_RUNS)) {
    const figures = run.status === 'running' ? undefined : await catalog.figures(run);
    if (figures === undefined) continue;
    known += 1;
    const key = run.workId ?? run.folder;
    groups.set(key, [...(groups.get(key) ?? []), { ...run, figures }]);
  }
  const drawn = [...groups.values()].filter(({ length }) => length > 1).slice(0, MAX_TRENDS);
  const together = drawn.reduce((sum, { length }) => sum + length, 0);
  return { trends: drawn.map((group) => group.slice(0, TREND_RUNS).reverse()), apart: known - together };
}
