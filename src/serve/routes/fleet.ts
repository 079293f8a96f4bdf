import { readFleetSummary } from '../../read/fleet/summary.ts';
import { renderFleetReport } from '../../render/report/fleet-page.ts';
import { escapeHtml } from '../../render/report/html.ts';
import { runHref } from '../../render/web/layout.ts';
import { frameReport } from '../../render/web/report-frame.ts';
import { FLEET_FILE, partFolder } from '../../store/fleet-file.ts';
import { readReportAssets } from '../../store/report-assets.ts';
import { stateOf } from '../catalog.ts';
import { reportPolicy } from '../policy.ts';
import { htmlReply } from '../reply.ts';
import type { PageRequest, Reply, Site } from '../types.ts';

type Names = Readonly<Record<string, string>>;

/** `/fleets/<run>`: the sites of a fleet's run. */
export async function fleetHtml(site: Site, _request: PageRequest, { run: name }: Names): Promise<Reply> {
  const { found, state } = await open(site, name!);
  const assets = await readReportAssets();
  const json = ` <a href="${escapeHtml(`/api/fleets/${encodeURIComponent(found.file.id)}`)}">JSON</a>`;
  const body = await site.pages.get(`fleet ${state}`, async () =>
    frameReport(renderFleetReport(await readFleetSummary(found), assets, runHref), json),
  );
  return htmlReply(body, reportPolicy(assets));
}

/** `/api/fleets/<run>`: as `rushhour results show RUN --json`. */
export async function fleetJson(site: Site, _request: PageRequest, { run: name }: Names): Promise<Reply> {
  const { found, state } = await open(site, name!);
  const body = await site.pages.get(
    `fleet summary ${state}`,
    async () => `${JSON.stringify(await readFleetSummary(found), null, 2)}\n`,
  );
  return { status: 200, type: 'json', body };
}

/** With all that tells one state of its files from the next. */
async function open({ catalog }: Site, name: string) {
  const found = await catalog.findFleet(name);
  const states = await Promise.all([
    stateOf(found.dir, [FLEET_FILE]),
    ...found.file.parts.map(({ probe }) => stateOf(partFolder(found.dir, probe))),
  ]);
  return { found, state: `${found.file.id} ${states.join(' ')}` };
}
