import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { type FleetFile, partFolder } from '../store/fleet-file.ts';
import { listFleetRuns } from './fleet/list.ts';
import { type RunListing, sizeOf } from './listing.ts';

/** What is removed as one: the run of one machine, or that of a fleet with the folders of its probes. */
export interface PrunableRun extends RunListing {
  /** In the order in which they are removed. */
  readonly dirs: readonly string[];
  /** Of a fleet's run: what is known of it, and those of its probes' runs that can be read. */
  readonly fleet?: { readonly file: FleetFile; readonly parts: readonly RunListing[] };
}

/**
 * Puts the runs of a fleet's probes together.
 * @param chosen those of `all` to choose from; a fleet's run is one of them if each of its probes' runs is
 * @param isEverything whether `chosen` leaves nothing out: a fleet's run of which no probe's is here counts then, too
 */
export async function groupRuns(
  resultsDir: string,
  all: readonly RunListing[],
  chosen: readonly RunListing[],
  isEverything: boolean,
): Promise<PrunableRun[]> {
  const byDir = new Map(all.map((run) => [run.dir, run]));
  const isChosen = new Set(chosen.map(({ dir }) => dir));
  const ofFleets = new Set<string>();
  const groups: PrunableRun[] = [];
  for (const { dir, file } of await listFleetRuns(resultsDir)) {
    // A folder of another name may be anybody's, and says nothing about those beside it.
    if (basename(dir) !== file.id) continue;
    const folders = file.parts.map(({ probe }) => partFolder(dir, probe));
    const parts = folders.flatMap((folder) => byDir.get(folder) ?? []);
    for (const part of parts) ofFleets.add(part.dir);
    const counts = parts.length === 0 ? isEverything : parts.every((part) => isChosen.has(part.dir));
    if (!counts) continue;
    const there = await Promise.all(folders.map(isFolder));
    groups.push({
      ...(await describe(dir, file, parts)),
      // That of the run comes last: if a removal is cut short, the next one still knows what belongs together.
      dirs: [...folders.filter((_, index) => there[index]), dir],
      fleet: { file, parts },
    });
  }
  const alone = chosen.filter(({ dir }) => !ofFleets.has(dir)).map((run) => ({ ...run, dirs: [run.dir] }));
  return [...alone, ...groups].sort(
    (a, b) => a.startedAt.localeCompare(b.startedAt) || a.id.localeCompare(b.id),
  );
}

async function describe(dir: string, file: FleetFile, parts: readonly RunListing[]): Promise<RunListing> {
  const [first] = parts;
  const startedAt =
    file.startsAtMs > 0 || first === undefined
      ? new Date(file.startsAtMs).toISOString()
      : parts.map((part) => part.startedAt).sort()[0]!;
  return {
    ...{ id: file.id, name: file.id, dir, startedAt, note: '', verdict: undefined },
    scenario: first?.scenario ?? '',
    label: `fleet of ${file.parts.length}`,
    status: parts.every(({ status }) => status === 'complete') ? 'complete' : 'interrupted',
    bytes: parts.reduce((sum, { bytes }) => sum + bytes, await sizeOf(dir)),
  };
}

function isFolder(path: string): Promise<boolean> {
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false,
  );
}
