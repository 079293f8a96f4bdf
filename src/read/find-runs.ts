import { readdir } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { UsageError } from '../errors.ts';
import { findRun } from './find-run.ts';
import { listFleetRuns } from './fleet/list.ts';
import { describeLeftOut, leaveOutPartsOfSeveral } from './fleet/parts.ts';
import { listRuns, type RunListing } from './listing.ts';
import { patternOf } from './pattern.ts';

/**
 * The folders of all runs that a word names: a folder, an id, a label (all runs with it), the start of an id or label
 * if only one run matches, a pattern with `*` and `?` for any of these, or several of them separated by commas. Each
 * in order of time, the oldest first. Of a label or a pattern, runs of several probes of a fleet are no series of one place.
 * @param onLeftOut told, in a sentence, what is left out for that
 * @throws UsageError if there is none
 */
export async function findRuns(
  word: string,
  resultsDir: string,
  onLeftOut: (note: string) => void = () => {},
): Promise<string[]> {
  // A label may have commas of its own.
  const whole = await findOne(word, resultsDir, onLeftOut);
  if (whole !== undefined) return whole;
  const names = word.split(',').filter((name) => name.trim() !== '');
  if (names.length > 1) {
    const found = await Promise.all(names.map((name) => findRuns(name.trim(), resultsDir, onLeftOut)));
    return [...new Set(found.flat())];
  }
  return [await findRun(word, resultsDir)];
}

async function findOne(
  word: string,
  resultsDir: string,
  onLeftOut: (note: string) => void,
): Promise<string[] | undefined> {
  const runs = await listRuns(resultsDir);
  const seriesOf = async (chosen: readonly RunListing[]): Promise<string[]> => {
    const series = leaveOutPartsOfSeveral(chosen, await listFleetRuns(resultsDir));
    const [note] = describeLeftOut(series);
    if (note !== undefined && series.runs.length === 0)
      throw new UsageError(`"${word}" names runs of probes of a fleet alone`, { hint: note });
    if (note !== undefined) onLeftOut(note);
    return series.runs.map(({ dir }) => dir);
  };
  const labelled = runs.filter(({ label }) => label === word);
  if (labelled.length > 0) return seriesOf(labelled);
  if (!/[*?]/.test(word)) return undefined;
  const pattern = patternOf(word);
  const named = runs.filter((run) => [run.id, run.name, run.label].some((own) => pattern.test(own)));
  if (named.length > 0) return seriesOf(named);
  const folders = await matchFolders(word);
  if (folders.length > 0) return folders;
  if (word.includes(',')) return undefined;
  throw new UsageError(`no run in ${resultsDir} and no folder matches "${word}"`, {
    hint: 'quote a pattern, so that the shell does not expand it; rushhour results lists the runs',
  });
}

/** Folders of a pattern in the last part of their path. */
async function matchFolders(word: string): Promise<string[]> {
  const parent = resolve(dirname(word));
  const pattern = patternOf(basename(word));
  const entries = await readdir(parent, { withFileTypes: true }).catch(() => []);
  return entries
    .filter((entry) => entry.isDirectory() && pattern.test(entry.name))
    .map((entry) => join(parent, entry.name))
    .sort();
}
