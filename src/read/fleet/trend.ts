import { siteOf } from '../../analysis/sites/summarise.ts';
import type { ProbeNights } from '../../analysis/sites/trend.ts';
import { chooseSoakRuns } from '../../analysis/trend/choose-soak-runs.ts';
import { reduceRun } from '../../analysis/trend/reduce-run.ts';
import { RushhourError, UsageError } from '../../errors.ts';
import { type FleetFilePart, partFolder } from '../../store/fleet-file.ts';
import { listRuns } from '../listing.ts';
import { patternOf } from '../pattern.ts';
import { readRunFacts, readRunTimeSeries } from '../time-series.ts';
import type { TrendRun } from '../trend-runs.ts';
import { findFleetRun } from './find.ts';
import { type FoundFleetRun, listFleetRuns } from './list.ts';
import { labelsOfFleet } from './parts.ts';

/**
 * The runs of a fleet that words name, oldest first: each by its id or label or the start of one, a pattern, or the id of a soak, which is
 * all of its nights. Undefined if no word names one.
 * @throws UsageError if only some do
 */
export async function findFleetNights(
  words: readonly string[],
  resultsDir: string,
): Promise<FoundFleetRun[] | undefined> {
  const all = await listFleetRuns(resultsDir);
  const found = new Map<string, FoundFleetRun>();
  const others: string[] = [];
  for (const word of words) {
    const nights = all.filter(({ file }) => isNightOf(file.id, word) || patternOf(word).test(file.id));
    const [one] = nights.length > 0 ? [] : [await findFleetRun(word, resultsDir)];
    const named = one === undefined ? nights : await listAlike(one, word, all, resultsDir);
    if (named.length === 0) others.push(word);
    for (const each of named) found.set(each.dir, each);
  }
  if (found.size === 0) return undefined;
  const [other] = others;
  if (other !== undefined) {
    throw new UsageError(`${JSON.stringify(other)} names no run of a fleet, and the others do`, {
      hint: 'give runs of a fleet alone, or of one machine alone',
    });
  }
  return [...found.values()].sort((a, b) => a.file.startsAtMs - b.file.startsAtMs);
}

/** Of a label, every run with it. */
async function listAlike(
  found: FoundFleetRun,
  word: string,
  all: readonly FoundFleetRun[],
  resultsDir: string,
): Promise<FoundFleetRun[]> {
  const byDir = new Map((await listRuns(resultsDir)).map((run) => [run.dir, run]));
  const labelled = all.filter((fleet) => labelsOfFleet(fleet, byDir).includes(word));
  return labelled.some(({ dir }) => dir === found.dir) ? labelled : [found];
}

/** A night is named by its day, its time and its soak. */
function isNightOf(id: string, soak: string): boolean {
  return /^\d{8}-\d{6}-/.test(id) && id.replace(/^\d{8}-\d{6}-/, '') === soak;
}

export interface FleetNights {
  readonly probes: readonly ProbeNights[];
  readonly leftOut: readonly { readonly probe: string; readonly why: string }[];
}

/** Why a probe recorded nothing, where it refused; undefined: it did not. */
function refusalOf({ events }: FleetFilePart): string | undefined {
  const refused = events.find((told) => told.kind === 'refused');
  return refused === undefined ? undefined : `refused: ${refused.reasons.join('; ')}`;
}

/** Reads the nights of each probe, of which only figures are kept. @param last as many, of each probe */
export async function readFleetNights(
  runs: readonly FoundFleetRun[],
  { last, isWanted }: { readonly last: number; readonly isWanted: (run: TrendRun) => boolean },
): Promise<FleetNights> {
  const known = new Map<string, { site: string; readonly runs: TrendRun[]; why?: string }>();
  for (const { dir, file } of runs) {
    for (const part of file.parts) {
      const one = known.get(part.probe) ?? { site: siteOf(part), runs: [] };
      known.set(part.probe, one);
      // A probe that moved is where it was last.
      one.site = siteOf(part);
      const folder = partFolder(dir, part.probe);
      try {
        const night = { dir: folder, facts: await readRunFacts(folder) };
        if (isWanted(night)) one.runs.push(night);
      } catch (error) {
        if (!(error instanceof RushhourError)) throw error;
        one.why = refusalOf(part) ?? error.message;
      }
    }
  }
  const probes: ProbeNights[] = [];
  const leftOut: { probe: string; why: string }[] = [];
  for (const [probe, { site, runs: own, why = 'none of its nights is chosen' }] of known) {
    const chosen = chooseSoakRuns(own, { last, named: false });
    if (chosen.runs.length === 0) {
      leftOut.push({ probe, why });
      continue;
    }
    const nights = [];
    for (const { dir } of chosen.runs) nights.push(reduceRun(await readRunTimeSeries(dir)));
    probes.push({ site, probe, nights, notes: chosen.notes });
  }
  return { probes, leftOut };
}
