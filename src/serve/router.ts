import { Refusal } from './refusal.ts';
import { showComparison, tellComparison } from './routes/compare.ts';
import { showLive, tellLive, tellUnderWay } from './routes/live.ts';
import { showOverview, tellRuns } from './routes/overview.ts';
import { showReport, showRun, tellSummary } from './routes/run.ts';
import type { Ask, Handler, Reply, Site } from './types.ts';

/** Every address that there is. `:name` stands for one segment, whatever is in it. */
const ROUTES: readonly (readonly [pattern: string, handler: Handler])[] = [
  ['', showOverview],
  ['live', showLive],
  ['compare', showComparison],
  ['runs/:run', showRun],
  ['runs/:run/report', showReport],
  ['assets/:file', async ({ assets }, _ask, { file }) => assets.get(file!) ?? notFound()],
  ['api/live', tellUnderWay],
  ['api/runs', tellRuns],
  ['api/runs/:run/summary', tellSummary],
  ['api/runs/:run/live', tellLive],
  ['api/compare', tellComparison],
];

const TABLE = ROUTES.map(([pattern, handler]) => ({ parts: pattern.split('/'), handler }));

/** @throws Refusal where there is no such page */
export async function answer(site: Site, ask: Ask): Promise<Reply> {
  for (const { parts, handler } of TABLE) {
    const names = match(parts, ask.segments);
    if (names !== undefined) return handler(site, ask, names);
  }
  return notFound();
}

function match(parts: readonly string[], segments: readonly string[]): Record<string, string> | undefined {
  if (parts.length !== segments.length) return undefined;
  const names: Record<string, string> = {};
  for (const [index, part] of parts.entries()) {
    const segment = segments[index]!;
    if (part.startsWith(':')) names[part.slice(1)] = segment;
    else if (part !== segment) return undefined;
  }
  return names;
}

function notFound(): never {
  throw new Refusal(404, 'there is no such page', 'the list of runs leads to all that there is');
}
