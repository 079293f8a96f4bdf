import { Refusal } from './refusal.ts';
import { comparisonHtml, comparisonJson } from './routes/compare.ts';
import { fleetHtml, fleetJson } from './routes/fleet.ts';
import { liveHtml, liveJson, liveRunsJson } from './routes/live.ts';
import { overviewHtml, runsJson } from './routes/overview.ts';
import { reportHtml, runHtml, summaryJson } from './routes/run.ts';
import type { Handler, PageRequest, Reply, Site } from './types.ts';

/** All routes. `:name` matches one segment, whatever it contains. */
const ROUTES: readonly (readonly [pattern: string, handler: Handler])[] = [
  ['', overviewHtml],
  ['live', liveHtml],
  ['compare', comparisonHtml],
  ['runs/:run', runHtml],
  ['runs/:run/report', reportHtml],
  ['fleets/:run', fleetHtml],
  ['assets/:file', async ({ assets }, _request, { file }) => assets.get(file!) ?? notFound()],
  ['api/live', liveRunsJson],
  ['api/runs', runsJson],
  ['api/runs/:run/summary', summaryJson],
  ['api/runs/:run/live', liveJson],
  ['api/fleets/:run', fleetJson],
  ['api/compare', comparisonJson],
];

const TABLE = ROUTES.map(([pattern, handler]) => ({ parts: pattern.split('/'), handler }));

/** @throws Refusal if there is no such page */
export async function answer(site: Site, request: PageRequest): Promise<Reply> {
  for (const { parts, handler } of TABLE) {
    const names = match(parts, request.segments);
    if (names !== undefined) return handler(site, request, names);
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

/** Longer than any of our own addresses, two runs with long names included. */
const MAX_TARGET = 2_048;

/**
 * Parses the target of a request. No path is built from it: each segment is a name to look up.
 * @throws Refusal if it cannot be one of ours
 */
export function parsePageRequest(target: string): PageRequest {
  if (target.length > MAX_TARGET) throw new Refusal(414, 'this address is too long');
  if (!target.startsWith('/')) throw new Refusal(400, 'this is no address of a page');
  const [path = '/', ...query] = target.split('?');
  const segments = path.slice(1).split('/').map(decode);
  return { segments, query: new URLSearchParams(query.join('?')) };
}

function decode(segment: string): string {
  let text: string;
  try {
    text = decodeURIComponent(segment);
  } catch {
    throw new Refusal(400, 'this address is not percent-encoded as it should be');
  }
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if (code < 0x20 || code === 0x7f) throw new Refusal(400, 'this address holds a control character');
  }
  return text;
}
