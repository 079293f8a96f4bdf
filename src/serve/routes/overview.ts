import { siteOf } from '../../analysis/sites/summarise.ts';
import { describeLeftOut, joinLabels, labelsOfFleet, leaveOutParts } from '../../read/fleet/parts.ts';
import { renderOverview } from '../../render/web/overview.ts';
import type { FleetRow, RunRow } from '../../render/web/types.ts';
import type { Catalog, CatalogRun } from '../catalog.ts';
import { htmlReply, jsonReply } from '../reply.ts';
import type { PageRequest, Reply, Site } from '../types.ts';

const RUNS_A_PAGE = 50;
/** Number of recent runs that decide which scenario is drawn. */
const LATELY = 60;

/** `/`, `/?scenario=steady&page=2` */
export async function overviewHtml({ catalog }: Site, { query }: PageRequest): Promise<Reply> {
  const all = [...(await catalog.list())].reverse();
  const scenarios = [...new Set(all.map(({ scenario }) => scenario))].sort();
  const wanted = query.get('scenario');
  const scenario = wanted !== null && scenarios.includes(wanted) ? wanted : undefined;
  const listed = all.filter((run) => scenario === undefined || run.scenario === scenario);
  const pages = Math.max(1, Math.ceil(listed.length / RUNS_A_PAGE));
  const page = Math.min(pages, Math.max(1, Number.parseInt(query.get('page') ?? '1', 10) || 1));
  const series = leaveOutParts(all, await catalog.fleets());
  const drawn = scenario ?? mostFrequent(series.runs.slice(0, LATELY));
  const ofScenario = series.runs.filter((run) => run.scenario === drawn);
  const parts = series.leftOut.filter((run) => scenario === undefined || run.scenario === scenario);
  return htmlReply(
    renderOverview({
      ...{ scenarios, scenario, page, pages, total: listed.length },
      rows: await addFigures(catalog, listed.slice((page - 1) * RUNS_A_PAGE, page * RUNS_A_PAGE)),
      ...(await groupTrends(ofScenario, catalog)),
      // Of the latest, as they come first.
      leftOut: describeLeftOut({ leftOut: parts.toReversed() }),
      fleets: page === 1 && scenario === undefined ? await listFleets(catalog) : [],
      damaged: await catalog.damaged(),
    }),
  );
}

/** Of fleets, on the first page. */
const MOST_FLEETS = 20;

/** The latest first; what became of each takes longer to read, and has a page of its own. */
async function listFleets(catalog: Catalog): Promise<FleetRow[]> {
  const fleets = await catalog.fleets();
  const byDir = new Map((await catalog.list()).map((run) => [run.dir, run]));
  return fleets
    .slice(-MOST_FLEETS)
    .reverse()
    .map((fleet) => {
      const { id, startsAtMs, parts } = fleet.file;
      return {
        ...{ id, probes: parts.length, sites: [...new Set(parts.map(siteOf))].sort() },
        label: joinLabels(labelsOfFleet(fleet, byDir)),
        startsAt: startsAtMs === 0 ? undefined : new Date(startsAtMs).toISOString(),
      };
    });
}

/** The scenario that is run regularly, whatever else was tried recently. */
function mostFrequent(runs: readonly CatalogRun[]): string | undefined {
  const counts = new Map<string, number>();
  for (const { scenario } of runs) counts.set(scenario, (counts.get(scenario) ?? 0) + 1);
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}

/** `/api/runs`: as `rushhour results --json`, but for the paths of this machine. */
export async function runsJson({ catalog }: Site): Promise<Reply> {
  const runs = (await catalog.list()).map(({ dir: _, ...run }) => run);
  return jsonReply({ schema: 1, runs, damaged: await catalog.damaged() });
}

export function addFigures(catalog: Catalog, runs: readonly CatalogRun[]): Promise<RunRow[]> {
  return Promise.all(runs.map(async (run) => ({ ...run, figures: await catalog.figures(run) })));
}

/** More points could not be distinguished. */
const TREND_RUNS = 60;
/** Drawings below each other that are still looked at. */
const MAX_TRENDS = 3;

interface Trends {
  /** Runs that did the same against the same far end, oldest first; the group that was run last comes first. */
  readonly trends: readonly (readonly RunRow[])[];
  /** Runs of the scenario that are in none of them, because their load or far end differs. */
  readonly apart: number;
}

/**
 * The finished runs of one scenario, those of one load and one far end together: a line between others would show what
 * was changed in the test, and not what changed in the network.
 * @param runs of one scenario, the latest first
 */
async function groupTrends(runs: readonly CatalogRun[], catalog: Catalog): Promise<Trends> {
  const groups = new Map<string, RunRow[]>();
  let known = 0;
  for (const run of runs.slice(0, MAX_TRENDS * TREND_RUNS)) {
    const figures = run.status === 'running' ? undefined : await catalog.figures(run);
    if (figures === undefined) continue;
    known += 1;
    const key = run.workId ?? run.folder;
    groups.set(key, [...(groups.get(key) ?? []), { ...run, figures }]);
  }
  const drawn = [...groups.values()].filter(({ length }) => length > 1).slice(0, MAX_TRENDS);
  const together = drawn.reduce((sum, { length }) => sum + length, 0);
  return { trends: drawn.map((group) => group.slice(0, TREND_RUNS).reverse()), apart: known - together };
}
