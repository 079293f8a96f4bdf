import { basename } from 'node:path';
import { labelOfWhole, partFolder } from '../../store/fleet-file.ts';
import type { RunListing } from '../listing.ts';
import { type FoundFleetRun, listFleetRuns } from './list.ts';

/** Whose run a folder is, of which fleet's run. */
export interface PartOfFleet {
  readonly fleet: FoundFleetRun;
  readonly probe: string;
}

/** The folders of probes' runs that fleets' runs say are theirs. */
export function indexParts(fleets: readonly FoundFleetRun[]): Map<string, PartOfFleet> {
  const parts = new Map<string, PartOfFleet>();
  for (const fleet of fleets) {
    // A folder of another name may be anybody's, and says nothing about those beside it.
    if (basename(fleet.dir) !== fleet.file.id) continue;
    for (const { probe } of fleet.file.parts) parts.set(partFolder(fleet.dir, probe), { fleet, probe });
  }
  return parts;
}

/** Runs that can be one series. */
export interface Series<R> {
  readonly runs: readonly R[];
  /** Runs of probes that are not among them: what differs between them may be their sites, and not the time. */
  readonly leftOut: readonly (R & { readonly part: PartOfFleet })[];
}

/** Leaves the runs of probes of fleets out. */
export function leaveOutParts<R extends Pick<RunListing, 'dir'>>(
  runs: readonly R[],
  fleets: readonly FoundFleetRun[],
): Series<R> {
  const parts = indexParts(fleets);
  return {
    runs: runs.filter(({ dir }) => !parts.has(dir)),
    leftOut: runs.flatMap((run) => {
      const part = parts.get(run.dir);
      return part === undefined ? [] : [{ ...run, part }];
    }),
  };
}

/** The same, unless all are of one probe, which is one place like any other. For runs that somebody chose by words. */
export function leaveOutPartsOfSeveral<R extends Pick<RunListing, 'dir'>>(
  runs: readonly R[],
  fleets: readonly FoundFleetRun[],
): Series<R> {
  const series = leaveOutParts(runs, fleets);
  const probes = new Set(series.leftOut.map(({ part }) => part.probe));
  return series.runs.length === 0 && probes.size === 1 ? { runs, leftOut: [] } : series;
}

/** Leaves the runs of probes of fleets out of those of a results folder. */
export async function listAlone<R extends Pick<RunListing, 'dir'>>(
  runs: readonly R[],
  resultsDir: string,
): Promise<readonly R[]> {
  return leaveOutParts(runs, await listFleetRuns(resultsDir)).runs;
}

/** Says that runs of probes are left out, and how to see them; empty: none is. */
export function describeLeftOut({ leftOut }: Pick<Series<unknown>, 'leftOut'>): string[] {
  const last = leftOut.at(-1);
  if (last === undefined) return [];
  const what =
    leftOut.length === 1
      ? '1 run of a probe of a fleet is'
      : `${leftOut.length} runs of probes of a fleet are`;
  return [
    `${what} left out: "rushhour trend ${last.part.fleet.file.id}", or the id of a soak, shows them probe by probe`,
  ];
}

/** What the labels of a fleet's run's parts say of the whole; several may say the same. */
export function labelsOfFleet(
  { dir, file: { id, parts } }: FoundFleetRun,
  byDir: ReadonlyMap<string, Pick<RunListing, 'label'>>,
): string[] {
  return parts.flatMap(({ probe }) => {
    const label = labelOfWhole(byDir.get(partFolder(dir, probe))?.label ?? '', probe, id);
    return label === '' ? [] : [label];
  });
}

/** The labels of a fleet's run in a line, each once; empty: it has none. */
export function joinLabels(labels: readonly string[]): string {
  return [...new Set(labels)].filter((label) => label !== '').join(', ');
}
