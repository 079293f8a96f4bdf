import { type LiveRun, renderLive } from '../../render/web/live.ts';
import type { CatalogRun } from '../catalog.ts';
import { htmlReply, jsonReply } from '../reply.ts';
import type { Ask, Reply, Site } from '../types.ts';

/** Runs that are shown at once: on one machine there is seldom more than one. */
const MAX_SHOWN = 3;

/** `/live`: all runs that are under way, the latest first. */
export async function showLive(site: Site): Promise<Reply> {
  const running = (await site.catalog.list()).filter(({ status }) => status === 'running');
  const shown = running.slice(-MAX_SHOWN).reverse();
  const runs = [];
  for (const run of shown) runs.push(await lookAt(site, run));
  return htmlReply(renderLive(runs, runs.length === 0 ? 'Nothing is under way' : 'Under way'));
}

/** The page of one run that is under way. */
export async function showLiveRun(site: Site, run: CatalogRun): Promise<Reply> {
  return htmlReply(renderLive([await lookAt(site, run)], run.folder));
}

/** `/api/runs/<run>/live`: where it stands, of a run that is over, where it ended. */
export async function tellLive(
  site: Site,
  _ask: Ask,
  { run: name }: Readonly<Record<string, string>>,
): Promise<Reply> {
  return jsonReply(await site.live.look(await site.catalog.find(name!)));
}

async function lookAt({ live }: Site, run: CatalogRun): Promise<LiveRun> {
  const { folder, scenario, label } = run;
  return { folder, scenario, label, ...(await live.look(run)) };
}
