import { checkComparable, type RunFacts } from '../../analysis/compare/comparable.ts';
import { measureRuns } from '../../analysis/compare/compare.ts';
import type { RunTimeSeries } from '../../analysis/compare/types.ts';
import {
  describeComparisons,
  type FleetComparison,
  judgeComparisons,
  type MeasuredSite,
} from '../../analysis/sites/compare.ts';
import { siteOf } from '../../analysis/sites/summarise.ts';
import { RushhourError } from '../../errors.ts';
import { partFolder } from '../../store/fleet-file.ts';
import { readRunFacts, readRunTimeSeries } from '../time-series.ts';
import type { FoundFleetRun } from './list.ts';

/** Folders of the probes of a site that can be compared, on either side. */
interface SiteFolders {
  readonly before: string[];
  readonly after: string[];
}

/** What two runs of a fleet have in common, before anything is measured. */
export interface PlannedFleetComparison {
  /** Why they should not be compared: each once, with the site. */
  readonly refusals: readonly string[];
  /** Measures and judges them regardless. */
  compare(): Promise<FleetComparison>;
}

/** Finds what can be compared of two runs of a fleet: site by site, by the probes that say anything about what they tested. */
export async function planFleetComparison(
  before: FoundFleetRun,
  after: FoundFleetRun,
): Promise<PlannedFleetComparison> {
  const sites = new Map<string, SiteFolders>();
  const facts = new Map<string, RunFacts>();
  const leftOut: FleetComparison['leftOut'] = [];
  for (const [side, { dir, file }] of [['before', before] as const, ['after', after] as const]) {
    for (const part of [...file.parts, ...(file.absent ?? [])]) {
      const site = siteOf(part);
      const folders = sites.get(site) ?? { before: [], after: [] };
      sites.set(site, folders);
      const folder = partFolder(dir, part.probe);
      const read = await readFacts(folder);
      if ('why' in read) leftOut.push({ run: file.id, probe: part.probe, ...read });
      else {
        folders[side].push(folder);
        facts.set(folder, read);
      }
    }
  }
  const names = [...sites.keys()].sort();
  const isWhole = (name: string): boolean =>
    sites.get(name)!.before.length > 0 && sites.get(name)!.after.length > 0;
  const refusalsOf = (name: string): readonly string[] => {
    const { before: was, after: is } = sites.get(name)!;
    return checkComparable(
      was.map((folder) => facts.get(folder)!),
      is.map((folder) => facts.get(folder)!),
    ).refusals;
  };
  return {
    refusals: names.filter(isWhole).flatMap((name) => refusalsOf(name).map((why) => `${name}: ${why}`)),
    async compare() {
      const measured: MeasuredSite[] = [];
      for (const name of names.filter(isWhole)) {
        const { before: was, after: is } = sites.get(name)!;
        // Site after site: what is kept of each are its figures.
        const runs: RunTimeSeries[] = [];
        for (const folder of [...was, ...is]) runs.push(await readRunTimeSeries(folder));
        const refused = refusalsOf(name);
        const pair = measureRuns(runs.slice(0, was.length), runs.slice(was.length), refused);
        measured.push({ name, measured: pair });
      }
      const judged = judgeComparisons(measured);
      const unjudged = names
        .filter((name) => !isWhole(name))
        .map((name) => ({ name, why: `nothing to compare ${whichSide(sites.get(name)!)}` }));
      return {
        ...{ schema: 1, before: before.file.id, after: after.file.id },
        text: describeComparisons({ sites: judged, unjudged }),
        ...{ sites: judged, unjudged, leftOut },
      };
    },
  };
}

function whichSide({ before, after }: SiteFolders): string {
  if (before.length === 0 && after.length === 0) return 'on either side';
  return before.length === 0 ? 'before' : 'after';
}

/** @returns its facts, or why it says nothing about what it tested */
async function readFacts(
  folder: string,
): Promise<RunFacts | Pick<FleetComparison['leftOut'][number], 'why' | 'generatorLimited'>> {
  try {
    const facts = await readRunFacts(folder);
    if (!facts.generatorLimited) return facts;
    const why = ['generator-limited', ...facts.reasons.slice(0, 1)].join(': ');
    return { why, generatorLimited: true };
  } catch (error) {
    if (!(error instanceof RushhourError)) throw error;
    return { why: error.message, generatorLimited: false };
  }
}
