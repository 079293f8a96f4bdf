import { checkComparable } from '../../analysis/compare/comparable.ts';
import { compareFolders } from '../../read/compare-folders.ts';
import { readRunDetail } from '../../read/run-detail.ts';
import { readRunFacts } from '../../read/time-series.ts';
import { renderReport } from '../../render/report/page.ts';
import { renderChoice } from '../../render/web/choose.ts';
import { compareLinks, frameReport } from '../../render/web/report-frame.ts';
import { readReportAssets } from '../../store/report-assets.ts';
import { type CatalogRun, stateOf } from '../catalog.ts';
import { reportPolicy } from '../policy.ts';
import { Refusal } from '../refusal.ts';
import { htmlReply, redirectReply } from '../reply.ts';
import type { PageRequest, Reply, Site } from '../types.ts';
import { addFigures } from './overview.ts';

/** As many as a page of the list has. */
const OFFERED = 50;

/** `/compare?before=...&after=...`: the report of two runs. `run` twice, as the list sends it: the older one first. */
export async function comparisonHtml(site: Site, { query }: PageRequest): Promise<Reply> {
  const named = query.getAll('run');
  if (named.length > 1) return redirectReply(await orderOf(site, named));
  if (!query.has('before') || !query.has('after')) return offerRuns(site, query);
  const { before, after } = await findBoth(site, query);
  const assets = await readReportAssets();
  const body = await site.pages.get(await keyOf('overlay', before, after), async () =>
    frameReport(
      renderReport(
        {
          runs: [await readRunDetail(before.dir), await readRunDetail(after.dir)],
          comparison: await compareFolders(before.dir, after.dir),
        },
        assets,
      ),
      compareLinks(before.folder, after.folder),
    ),
  );
  return htmlReply(body, reportPolicy(assets));
}

/** The latest runs, to choose two from; one that the address names is chosen already. */
async function offerRuns({ catalog }: Site, query: URLSearchParams): Promise<Reply> {
  const runs = [...(await catalog.list())].reverse();
  const named = new Set(['run', 'before', 'after'].flatMap((key) => query.getAll(key)));
  const chosen = runs
    .filter(({ folder, id }) => named.has(folder) || named.has(id))
    .map(({ folder }) => folder);
  const offered = runs.filter(({ folder }, index) => index < OFFERED || chosen.includes(folder));
  return htmlReply(renderChoice(await addFigures(catalog, offered), chosen));
}

/**
 * `/api/compare?before=...&after=...`: what `rushhour compare --json` prints. Runs that it would refuse are refused here
 * too, unless `anyway` is there.
 */
export async function comparisonJson(site: Site, { query }: PageRequest): Promise<Reply> {
  const { before, after } = await findBoth(site, query);
  const anyway = query.has('anyway');
  const body = await site.pages.get(await keyOf(anyway ? 'anyway' : 'compare', before, after), async () => {
    if (!anyway) await checkBoth(before, after);
    return `${JSON.stringify(await compareFolders(before.dir, after.dir), null, 2)}\n`;
  });
  return { status: 200, type: 'json', body };
}

async function checkBoth(before: CatalogRun, after: CatalogRun): Promise<void> {
  const { refusals } = checkComparable([await readRunFacts(before.dir)], [await readRunFacts(after.dir)]);
  if (refusals.length > 0) {
    throw new Refusal(
      409,
      `these runs cannot be compared: ${refusals.join('; ')}`,
      'choose runs of one scenario at one rate, or add anyway=1 to compare them regardless',
    );
  }
}

async function findBoth(
  { catalog }: Site,
  query: URLSearchParams,
): Promise<Record<'before' | 'after', CatalogRun>> {
  const [before, after] = [query.get('before'), query.get('after')];
  if (before === null || after === null) throw chooseTwo();
  return { before: await catalog.find(before), after: await catalog.find(after) };
}

async function orderOf({ catalog }: Site, names: readonly string[]): Promise<string> {
  if (names.length !== 2) throw chooseTwo();
  const [one, other] = [await catalog.find(names[0]!), await catalog.find(names[1]!)];
  const isOlder = one.startedAt.localeCompare(other.startedAt) || one.folder.localeCompare(other.folder);
  const [before, after] = isOlder <= 0 ? [one, other] : [other, one];
  return `/compare?${new URLSearchParams({ before: before.folder, after: after.folder })}`;
}

function chooseTwo(): Refusal {
  return new Refusal(400, 'choose exactly two runs to compare', 'go back to the list and choose two');
}

async function keyOf(what: string, before: CatalogRun, after: CatalogRun): Promise<string> {
  const states = [await stateOf(before.dir), await stateOf(after.dir)];
  return [what, before.folder, after.folder, ...states].join(' ');
}
