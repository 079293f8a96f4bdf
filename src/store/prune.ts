import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../errors.ts';

/**
 * Name of a folder during its removal: no list shows it, and if the removal is interrupted, the next one finishes it.
 */
const BEING_REMOVED = /^\.removing-/;

/** Whether the name is that of a folder whose removal has begun. */
export function isBeingRemoved(name: string): boolean {
  return BEING_REMOVED.test(name);
}

/**
 * Removes a run completely. It is renamed first, so that it is either present or gone, whatever happens next.
 * @throws EnvironmentError if it cannot be removed
 */
export async function removeRun({ dir }: { readonly dir: string }): Promise<void> {
  const doomed = join(dirname(dir), `.removing-${process.pid}-${basename(dir)}`);
  try {
    await rename(dir, doomed);
    // Another process may already be finishing it.
    await rm(doomed, { recursive: true, force: true });
  } catch (cause) {
    throw new EnvironmentError(`cannot remove ${dir} (${(cause as Error).message})`, {
      hint: 'only its owner or root can remove it',
      cause,
    });
  }
}

/**
 * Finishes removals that were interrupted. Never throws: what cannot be removed is left for the next time, and no list
 * shows it.
 */
export async function finishRemovals(resultsDir: string): Promise<void> {
  const names: string[] = await readdir(resultsDir).catch(() => []);
  for (const name of names.filter(isBeingRemoved))
    await rm(join(resultsDir, name), { recursive: true, force: true }).catch(() => {});
}
