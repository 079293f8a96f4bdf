import { PART_STATUSES, type PartStatus } from '../../analysis/sites/types.ts';
import { labelOfWhole, partFolder } from '../../store/fleet-file.ts';
import { filterRuns, type RunFilter } from '../filter.ts';
import type { RunListing } from '../listing.ts';
import { type FoundFleetRun, listFleetRuns } from './list.ts';
import { joinLabels, labelsOfFleet } from './parts.ts';
import { statusOf, troubleOf } from './trouble.ts';

/** A fleet's run in a list, by what fleet.json says alone: nothing is judged. */
export interface FleetListing {
  readonly id: string;
  /** Of its probes' runs; may be empty. */
  readonly label: string;
  /** RFC 3339, UTC: the second 0 that was agreed on; undefined: not known. */
  readonly startsAt: string | undefined;
  /** Probes that completed it and whose folders are here whole. */
  readonly complete: number;
  /** Probes that were selected. */
  readonly probes: number;
  /** How the others came out, the most frequent first; `incomplete`: it completed, and something of it is missing here. */
  readonly others: readonly (readonly [PartStatus | 'incomplete', number])[];
}

/**
 * The runs of fleets in a results folder, oldest first.
 * @param runs all runs in the folder
 * @param filter a fleet's run fits where one of its probes' does; one of which nothing is here, if only times are asked for
 */
export async function listFleetRows(
  resultsDir: string,
  runs: readonly RunListing[],
  filter: RunFilter,
): Promise<FleetListing[]> {
  const byDir = new Map(runs.map((run) => [run.dir, run]));
  const fleets = (await listFleetRuns(resultsDir)).filter((fleet) => fits(fleet, byDir, filter));
  return fleets.map((fleet) => describe(fleet, byDir));
}

function fits(
  { dir, file: { id, startsAtMs, parts } }: FoundFleetRun,
  byDir: ReadonlyMap<string, RunListing>,
  filter: RunFilter,
): boolean {
  const own = parts.flatMap(({ probe }) => {
    const run = byDir.get(partFolder(dir, probe));
    return run === undefined ? [] : [run, { ...run, label: labelOfWhole(run.label, probe, id) }];
  });
  if (own.length > 0) return filterRuns(own, filter).length > 0;
  const { sinceMs, ...rest } = filter;
  return (
    Object.values(rest).every((value) => value === undefined) &&
    (sinceMs === undefined || startsAtMs >= sinceMs)
  );
}

function describe(fleet: FoundFleetRun, byDir: ReadonlyMap<string, RunListing>): FleetListing {
  const { id, startsAtMs, parts, absent = [] } = fleet.file;
  const came = [
    ...parts.map((part) => {
      const status = statusOf(part);
      return status === 'complete' && troubleOf(part).length > 0 ? 'incomplete' : status;
    }),
    ...absent.map(({ why }) => why),
  ];
  const counted = ([...PART_STATUSES, 'incomplete'] as const)
    .map((status) => [status, came.filter((one) => one === status).length] as const)
    .filter(([status, count]) => status !== 'complete' && count > 0);
  return {
    ...{ id, label: joinLabels(labelsOfFleet(fleet, byDir)), probes: came.length },
    startsAt: startsAtMs === 0 ? undefined : new Date(startsAtMs).toISOString(),
    complete: came.filter((status) => status === 'complete').length,
    others: counted.sort(([, a], [, b]) => b - a),
  };
}
