import { join, resolve } from 'node:path';
import { UsageError } from '../../errors.ts';
import { holdsRun, listRuns, type RunListing } from '../listing.ts';
import { type FoundFleetRun, listFleetRuns, openIfThere } from './list.ts';
import { labelsOfFleet, leaveOutParts } from './parts.ts';

/**
 * The fleet's run of this name: its folder, its id, its label (the latest with that label), or the start of an id or label.
 * Undefined if there is none, or if the word is the name of a run of one machine, so that it may mean that.
 * @throws UsageError if its fleet.json is damaged, or several begin so
 */
export async function findFleetRun(word: string, resultsDir: string): Promise<FoundFleetRun | undefined> {
  const direct =
    (await openIfThere(resolve(word))) ??
    (isName(word) ? await openIfThere(join(resultsDir, word)) : undefined);
  if (direct !== undefined) return direct;
  // The most frequent word, which needs no look at all the others.
  if ((await holdsRun(resolve(word))) || (isName(word) && (await holdsRun(join(resultsDir, word)))))
    return undefined;
  const fleets = await listFleetRuns(resultsDir);
  if (fleets.length === 0) return undefined;
  const all = await listRuns(resultsDir);
  const byDir = new Map(all.map((run) => [run.dir, run]));
  const labelled = fleets.map((fleet) => ({ fleet, labels: labelsOfFleet(fleet, byDir) }));
  const { runs, leftOut } = leaveOutParts(all, fleets);
  if (runs.some(({ id, name }) => id === word || name === word)) return undefined;
  const exact = labelled.filter(({ labels }) => labels.includes(word)).map(({ fleet }) => fleet);
  const ofOne = runs.findLast(({ label }) => label === word);
  if (exact.length > 0) {
    const last = latestOf(exact, leftOut);
    return ofOne === undefined || last.startedAt > ofOne.startedAt ? last.fleet : undefined;
  }
  if (ofOne !== undefined || leftOut.some(({ label }) => label === word)) return undefined;
  const starting = labelled
    .filter(({ fleet, labels }) => [fleet.file.id, ...labels].some((name) => name.startsWith(word)))
    .map(({ fleet }) => fleet);
  const [first] = starting;
  if (first === undefined) return undefined;
  const others = runs.filter((run) => startsSo(run, word));
  if (starting.length + others.length === 1) return first;
  const names = [...starting.map(({ file }) => file.id), ...others.map(({ name }) => name)];
  throw new UsageError(
    `"${word}" matches ${names.length} ${others.length === 0 ? 'runs of fleets' : 'runs'}: ${names.join(', ')}`,
    { hint: 'give more of the name' },
  );
}

/** Whether a word is the start of what a run is called by. */
export function startsSo({ id, name, label }: RunListing, word: string): boolean {
  return [id, name, label].some((own) => own.startsWith(word));
}

/** Where probes recorded nothing, their runs have no label to be found by. */
function latestOf(
  fleets: readonly FoundFleetRun[],
  parts: ReturnType<typeof leaveOutParts<RunListing>>['leftOut'],
): { readonly fleet: FoundFleetRun; readonly startedAt: string } {
  // Parts are in order of time.
  const { part, startedAt } = parts.findLast((run) => fleets.includes(run.part.fleet))!;
  return { fleet: part.fleet, startedAt };
}

function isName(word: string): boolean {
  return word !== '' && !word.includes('/') && !word.startsWith('.');
}
