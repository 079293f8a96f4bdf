import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { RunListing } from './listing.ts';

/** What makes a run one to remove: any of these. */
export interface PruneRules {
  /** Milliseconds since 1970: what started before. */
  readonly beforeMs?: number | undefined;
  /** All but so many, the latest. */
  readonly keep?: number | undefined;
  /** The oldest, until what is left takes no more. */
  readonly maxBytes?: number | undefined;
}

export interface Pruning {
  /** Oldest first. */
  readonly remove: readonly RunListing[];
  /** Runs that the rules would have removed, and why they stay. */
  readonly spared: readonly { readonly run: RunListing; readonly because: string }[];
  readonly left: readonly RunListing[];
}

/**
 * Chooses what to remove. Pure.
 * @param runs oldest first
 * @param spare tells why a run has to stay; undefined where it has not
 */
export function choosePruning(
  runs: readonly RunListing[],
  { beforeMs, keep, maxBytes }: PruneRules,
  spare: (run: RunListing) => string | undefined,
): Pruning {
  const chosen = new Set<RunListing>();
  for (const run of runs) if (beforeMs !== undefined && Date.parse(run.startedAt) < beforeMs) chosen.add(run);
  if (keep !== undefined) for (const run of runs.slice(0, Math.max(0, runs.length - keep))) chosen.add(run);
  if (maxBytes !== undefined) {
    const stays = (run: RunListing): boolean => !chosen.has(run) || spare(run) !== undefined;
    let bytes = runs.filter(stays).reduce((sum, run) => sum + run.bytes, 0);
    for (const run of runs.filter(stays)) {
      if (bytes <= maxBytes) break;
      chosen.add(run);
      if (spare(run) === undefined) bytes -= run.bytes;
    }
  }
  const spared = [...chosen].flatMap((run) => {
    const because = spare(run);
    return because === undefined ? [] : [{ run, because }];
  });
  const remove = runs.filter((run) => chosen.has(run) && spare(run) === undefined);
  return { remove, spared, left: runs.filter((run) => !remove.includes(run)) };
}

/** What a folder is called while it is removed: no list shows it, and who is killed meanwhile leaves it to the next. */
const BEING_REMOVED = /^\.removing-/;

/** Whether a folder of that name is one that somebody began to remove. */
export function isBeingRemoved(name: string): boolean {
  return BEING_REMOVED.test(name);
}

/**
 * Removes a run as a whole: under another name first, so that it is either there or gone, however far the rest comes.
 * @throws EnvironmentError where it cannot be removed
 */
export async function removeRun({ dir }: Pick<RunListing, 'dir'>): Promise<void> {
  const doomed = join(dirname(dir), `.removing-${process.pid}-${basename(dir)}`);
  try {
    await rename(dir, doomed);
    // Somebody else may be finishing it already.
    await rm(doomed, { recursive: true, force: true });
  } catch (cause) {
    throw new EnvironmentError(`cannot remove ${dir} (${(cause as Error).message})`, {
      hint: 'its owner may remove it, or root',
      cause,
    });
  }
}

/**
 * Removes what somebody began to remove and did not, as he was killed. Throws nothing: what cannot be removed stays for the
 * next, and nobody is shown it.
 */
export async function finishRemovals(resultsDir: string): Promise<void> {
  const names: string[] = await readdir(resultsDir).catch(() => []);
  for (const name of names.filter(isBeingRemoved))
    await rm(join(resultsDir, name), { recursive: true, force: true }).catch(() => {});
}
