import { partFolder } from '../store/fleet-file.ts';
import { findRun } from './find-run.ts';
import { findFleetRun } from './fleet/find.ts';

/**
 * The folders that a label or a note is for: of a fleet's run, those of all of its probes that can be read.
 * @throws UsageError if there is no such run
 */
export async function findNoted(name: string, resultsDir: string): Promise<string[]> {
  const fleet = await findFleetRun(name, resultsDir);
  if (fleet === undefined) return [await findRun(name, resultsDir)];
  const dirs: string[] = [];
  for (const { probe } of fleet.file.parts) {
    // One that has not arrived has nothing to be noted.
    const dir = await findRun(partFolder(fleet.dir, probe), resultsDir).catch(() => undefined);
    if (dir !== undefined) dirs.push(dir);
  }
  return dirs;
}
