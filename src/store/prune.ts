import { readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EnvironmentError } from '../errors.ts';

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
export async function removeRun({ dir }: { readonly dir: string }): Promise<void> {
  const doomed = join(dirname(dir), `.removing-${process.pid}-${basename(dir)}`);
  try {
    await rename(dir, doomed);
    // Somebody else may be finishing it already.
    await rm(doomed, { recursive: true, force: true });
  } catch (cause) {
    throw new EnvironmentError(`cannot remove ${dir} (${(cause as Error).message})`, {
      hint: 'only its owner or root can remove it',
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
