import { basename, resolve } from 'node:path';
import { closest } from 'fastest-levenshtein';
import { RushhourError, UsageError } from '../errors.ts';
import { readRunInfo } from '../store/read-info.ts';
import { findFleetRun, startsSo } from './fleet/find.ts';
import type { FoundFleetRun } from './fleet/list.ts';
import { type DamagedRun, holdsRun, listRuns, type RunListing } from './listing.ts';

/**
 * The folder of a run named by its folder or that folder's name, id, label (the latest with that label), or the start of one of these.
 * @throws UsageError if there is none, or several match such a start
 */
export async function findRun(name: string, resultsDir: string): Promise<string> {
  const direct = await findFolder(resolve(name));
  if (direct !== undefined) return direct;
  const damaged: DamagedRun[] = [];
  const runs = await listRuns(resultsDir, (each) => damaged.push(each));
  // A probe's folder in a fleet's results has another name than on the probe, where its id comes from.
  const named = runs.filter((run) => run.name === name);
  const [exact, ...more] = named.length > 0 ? named : runs.filter(({ id }) => id === name);
  if (exact !== undefined && more.length === 0) return exact.dir;
  const fleet = await findFleetRun(name, resultsDir);
  if (fleet !== undefined) throw isOfFleet(fleet);
  const called = exact ?? runs.findLast(({ label }) => label === name);
  if (called !== undefined) return called.dir;
  const starting = runs.filter((run) => startsSo(run, name));
  if (starting.length === 1) return starting[0]!.dir;
  if (starting.length > 1) {
    throw new UsageError(
      `"${name}" matches ${starting.length} runs: ${starting.map((run) => run.name).join(', ')}`,
      { hint: 'give more of the name' },
    );
  }
  const [broken, ...others] = damaged.filter(({ dir }) => basename(dir).startsWith(name));
  if (broken !== undefined && others.length === 0) await readRunInfo(broken.dir);
  throw new UsageError(`there is no run "${name}" in ${resultsDir}`, { hint: suggestRun(name, runs) });
}

/** @throws UsageError where the folder holds a run that is damaged */
async function findFolder(dir: string): Promise<string | undefined> {
  try {
    await readRunInfo(dir);
    return dir;
  } catch (error) {
    if (error instanceof RushhourError && !(await holdsRun(dir))) return undefined;
    throw error;
  }
}

function suggestRun(word: string, runs: readonly RunListing[]): string {
  if (runs.some(({ scenario }) => scenario === word)) {
    const flag = `--scenario ${word}`;
    return `${word} is a scenario: "rushhour results ${flag}" lists its runs, and "rushhour trend ${flag}" compares them`;
  }
  const names = runs.flatMap(({ name, label }) => (label === '' ? [name] : [name, label]));
  if (names.length === 0) return 'there are no runs yet: rushhour run quickstart creates one';
  return `did you mean ${JSON.stringify(closest(word, names)).slice(1, -1)}? rushhour results lists them all`;
}

/** Probes that are named. */
const MOST_NAMED = 5;

/** For what takes the run of one machine. */
function isOfFleet({ file: { id, parts } }: FoundFleetRun): UsageError {
  const folders = parts.slice(0, MOST_NAMED).map(({ probe }) => `${id}-${probe}`);
  const more = parts.length - folders.length;
  return new UsageError(`${id} is the run of a fleet, and this takes the run of one machine`, {
    hint: `give one of its probes: ${folders.join(', ')}${more > 0 ? ` or ${more} others` : ''}`,
  });
}
