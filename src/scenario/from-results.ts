import { readdir, realpath, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** What every folder of a run has (store/files.ts). */
const RUN_FILE = 'run.json';
/** Folders above a file that are looked at: capture/, recent/ and the like stand in a run's. */
const MOST_LEVELS = 3;

/**
 * Whether a file lies among results: in a folder of a run, or in the one that holds them. Such folders are sent around, and what
 * comes with one runs nothing.
 */
export async function liesInResults(path: string): Promise<boolean> {
  const folder = dirname(await realpath(path).catch(() => path));
  let level = folder;
  for (let count = 0; count < MOST_LEVELS; count += 1) {
    if (await exists(join(level, RUN_FILE))) return true;
    level = dirname(level);
  }
  const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
  for (const entry of entries) {
    if (entry.isDirectory() && (await exists(join(folder, entry.name, RUN_FILE)))) return true;
  }
  return false;
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
