import type { RunFacts } from '../analysis/compare/comparable.ts';
import { RushhourError } from '../errors.ts';
import { filterRuns, type RunFilter } from './filter.ts';
import { findRuns } from './find-runs.ts';
import { listRuns, type OnDamaged } from './listing.ts';
import { patternOf } from './pattern.ts';
import { readRunFacts } from './time-series.ts';

/** A run that a trend may include. */
export interface TrendRun {
  readonly dir: string;
  readonly facts: RunFacts;
}

/**
 * Finds runs for a trend: those that words name (as in `compare`), or otherwise all finished ones; of either, those
 * that match a filter.
 * @param onDamaged called for runs that were not named and are skipped because they cannot be read
 * @throws UsageError if a word names no run, or a damaged one
 */
export async function findTrendRuns(
  words: readonly string[],
  filter: Pick<RunFilter, 'scenario' | 'label' | 'sinceMs'>,
  resultsDir: string,
  onDamaged: OnDamaged = () => {},
): Promise<TrendRun[]> {
  const isNamed = words.length > 0;
  const dirs = isNamed ? await findNamed(words, resultsDir) : await listOver(filter, resultsDir, onDamaged);
  const runs: TrendRun[] = [];
  // One after the other: a run that was killed has its summary made anew, from all of its frames.
  for (const dir of dirs) {
    try {
      runs.push({ dir, facts: await readRunFacts(dir) });
    } catch (error) {
      if (isNamed || !(error instanceof RushhourError)) throw error;
      onDamaged({ dir, why: error.message });
    }
  }
  return words.length === 0 ? runs : runs.filter(({ facts }) => isTrendRun(facts, filter));
}

async function listOver(filter: RunFilter, resultsDir: string, onDamaged: OnDamaged): Promise<string[]> {
  const runs = filterRuns(await listRuns(resultsDir, onDamaged), filter);
  return runs.filter(({ status }) => status !== 'running').map(({ dir }) => dir);
}

async function findNamed(words: readonly string[], resultsDir: string): Promise<string[]> {
  const found: string[] = [];
  for (const word of words) found.push(...(await findRuns(word, resultsDir)));
  return [...new Set(found)];
}

/** Whether a run that was named matches a filter. */
export function isTrendRun(
  { run }: RunFacts,
  { scenario, label, sinceMs }: Pick<RunFilter, 'scenario' | 'label' | 'sinceMs'>,
): boolean {
  return (
    (scenario === undefined || patternOf(scenario).test(run.scenario)) &&
    (label === undefined || patternOf(label).test(run.label)) &&
    (sinceMs === undefined || Date.parse(run.startedAt) >= sinceMs)
  );
}
