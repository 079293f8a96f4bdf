import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../../errors.ts';
import { FLEET_FILE, type FleetFile, readFleetFile } from '../../store/fleet-file.ts';

/** A fleet's run in a results folder. */
export interface FoundFleetRun {
  /** Its folder, without a slash at the end: those of its probes are beside it. */
  readonly dir: string;
  readonly file: FleetFile;
}

/** Every fleet's run that can be read, oldest first. @param onDamaged called for each that cannot */
export async function listFleetRuns(
  resultsDir: string,
  onDamaged: (damaged: { readonly dir: string; readonly why: string }) => void = () => {},
): Promise<FoundFleetRun[]> {
  const entries = await readdir(resultsDir, { withFileTypes: true }).catch(() => []);
  const found: FoundFleetRun[] = [];
  for (const entry of entries) {
    if (!entry.isDirectory() || entry.name.startsWith('.')) continue;
    const dir = join(resultsDir, entry.name);
    const file = await readFleetFile(dir);
    if (file.kind === 'whole') found.push({ dir, file: file.value });
    else if (file.kind === 'damaged') onDamaged({ dir, why: `${FLEET_FILE}: ${file.why}` });
  }
  return found.sort((a, b) => (a.file.id < b.file.id ? -1 : 1));
}

/** @throws UsageError if the folder holds no run of a fleet, or a damaged one */
export async function openFleetRun(dir: string): Promise<FoundFleetRun> {
  const found = await openIfThere(dir);
  if (found !== undefined) return found;
  throw new UsageError(`${dir} is not the run of a fleet: it contains no ${FLEET_FILE}`);
}

/** Undefined if the folder holds no run of a fleet. @throws UsageError if it holds a damaged one */
export async function openIfThere(dir: string): Promise<FoundFleetRun | undefined> {
  const file = await readFleetFile(dir);
  if (file.kind === 'missing') return undefined;
  if (file.kind === 'whole') return { dir, file: file.value };
  throw new UsageError(`${dir} is damaged: ${FLEET_FILE}: ${file.why}`, {
    hint: '"rushhour fleet pull" writes it anew from what the server has of the run',
  });
}
