import { readRunDetail } from '../../read/run-detail.ts';
import { readSummary } from '../../read/summary.ts';
import { renderReport } from '../../render/report/page.ts';
import { frameReport, runLinks } from '../../render/web/report-frame.ts';
import { readReportAssets } from '../../store/report-assets.ts';
import { type CatalogRun, stateOf } from '../catalog.ts';
import { reportPolicy } from '../policy.ts';
import { htmlReply } from '../reply.ts';
import type { PageRequest, Reply, Site } from '../types.ts';
import { liveRunHtml } from './live.ts';

type Names = Readonly<Record<string, string>>;

/** `/runs/<run>`: its report, or its live page while it is in progress. */
export async function runHtml(site: Site, _request: PageRequest, { run: name }: Names): Promise<Reply> {
  const run = await site.catalog.find(name!);
  return run.status === 'running' ? liveRunHtml(site, run) : reportOf(site, run);
}

/** `/runs/<run>/report`: for a run in progress, of its data so far. */
export async function reportHtml(site: Site, _request: PageRequest, { run: name }: Names): Promise<Reply> {
  return reportOf(site, await site.catalog.find(name!));
}

/** `/api/runs/<run>/summary`: summary.json; for a run without one, a summary of its frames. */
export async function summaryJson(
  { catalog, pages }: Site,
  _request: PageRequest,
  { run: name }: Names,
): Promise<Reply> {
  const { dir, folder } = await catalog.find(name!);
  const body = await pages.get(
    `summary ${folder} ${await stateOf(dir)}`,
    async () => `${JSON.stringify(await readSummary(dir), null, 2)}\n`,
  );
  return { status: 200, type: 'json', body };
}

async function reportOf({ pages }: Site, { dir, folder, status }: CatalogRun): Promise<Reply> {
  const assets = await readReportAssets();
  const body = await pages.get(`report ${folder} ${status} ${await stateOf(dir)}`, async () =>
    frameReport(
      renderReport({ runs: [await readRunDetail(dir)] }, assets),
      runLinks(folder, status === 'running'),
    ),
  );
  return htmlReply(body, reportPolicy(assets));
}
