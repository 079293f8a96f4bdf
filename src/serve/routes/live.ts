import { type LiveRun, renderLive } from '../../render/web/live.ts';
import type { CatalogRun } from '../catalog.ts';
import { htmlReply, jsonReply } from '../reply.ts';
import type { PageRequest, Reply, Site } from '../types.ts';

/** Runs that are shown at once: on one machine there is seldom more than one. */
const MAX_SHOWN = 3;

/** `/live`: all runs in progress, latest first. */
export async function liveHtml(site: Site): Promise<Reply> {
  const shown = await listShown(site);
  const runs = [];
  for (const run of shown) runs.push(await lookAt(site, run));
  return htmlReply(
    renderLive(runs, runs.length === 0 ? 'No run in progress' : 'In progress', { follows: true }),
  );
}

/** `/api/live`: names of the runs that `/live` would show now. */
export async function liveRunsJson(site: Site): Promise<Reply> {
  return jsonReply({ schema: 1, runs: (await listShown(site)).map(({ folder }) => folder) });
}

async function listShown({ catalog }: Site): Promise<CatalogRun[]> {
  const running = (await catalog.list()).filter(({ status }) => status === 'running');
  return running.slice(-MAX_SHOWN).reverse();
}

/** The page of a run in progress. */
export async function liveRunHtml(site: Site, run: CatalogRun): Promise<Reply> {
  return htmlReply(renderLive([await lookAt(site, run)], run.folder));
}

/** `/api/runs/<run>/live`: the progress of a run; for a finished run, its final state. */
export async function liveJson(
  site: Site,
  _request: PageRequest,
  { run: name }: Readonly<Record<string, string>>,
): Promise<Reply> {
  return jsonReply(await site.live.look(await site.catalog.find(name!)));
}

async function lookAt({ live }: Site, run: CatalogRun): Promise<LiveRun> {
  const { folder, scenario, label, tested } = run;
  return { folder, scenario, label, tested, ...(await live.look(run)) };
}
