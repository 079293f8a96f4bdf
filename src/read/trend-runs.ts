import type { RunFacts } from '../analysis/compare/comparable.ts';
import { RushhourError } from '../errors.ts';
import { filterRuns, type RunFilter } from './filter.ts';
import { findRuns } from './find-runs.ts';
import { listFleetRuns } from './fleet/list.ts';
import { describeLeftOut, leaveOutParts, leaveOutPartsOfSeveral } from './fleet/parts.ts';
import { listRuns, type OnDamaged } from './listing.ts';
import { patternOf } from './pattern.ts';
import { readRunFacts } from './time-series.ts';

/** A run that a trend may include. */
export interface TrendRun {
  readonly dir: string;
  readonly facts: RunFacts;
}

/** What a trend may include. */
export interface FoundTrendRuns {
  readonly runs: readonly TrendRun[];
  /** What was left out, and why. */
  readonly notes: readonly string[];
}

/**
 * Finds runs for a trend: those that words name (as in `compare`), or otherwise all finished ones that are not of probes of a
 * fleet; of either, those that match a filter.
 * @param onDamaged called for runs that were not named and are skipped because they cannot be read
 * @throws UsageError if a word names no run, or a damaged one
 */
export async function findTrendRuns(
  words: readonly string[],
  filter: Pick<RunFilter, 'scenario' | 'label' | 'sinceMs'>,
  resultsDir: string,
  onDamaged: OnDamaged = () => {},
): Promise<FoundTrendRuns> {
  const isNamed = words.length > 0;
  const { dirs, notes } = isNamed
    ? await findNamed(words, resultsDir)
    : await listOver(filter, resultsDir, onDamaged);
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
  return { runs: isNamed ? runs.filter(({ facts }) => isTrendRun(facts, filter)) : runs, notes };
}

interface Chosen {
  readonly dirs: readonly string[];
  readonly notes: readonly string[];
}

async function listOver(filter: RunFilter, resultsDir: string, onDamaged: OnDamaged): Promise<Chosen> {
  const runs = filterRuns(await listRuns(resultsDir, onDamaged), filter);
  const over = runs.filter(({ status }) => status !== 'running');
  const leaveOut = filter.label === undefined ? leaveOutParts : leaveOutPartsOfSeveral;
  const series = leaveOut(over, await listFleetRuns(resultsDir));
  return { dirs: series.runs.map(({ dir }) => dir), notes: describeLeftOut(series) };
}

async function findNamed(words: readonly string[], resultsDir: string): Promise<Chosen> {
  const dirs = new Set<string>();
  const notes = new Set<string>();
  for (const word of words) {
    for (const dir of await findRuns(word, resultsDir, (note) => notes.add(note))) dirs.add(dir);
  }
  return { dirs: [...dirs], notes: [...notes] };
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
