import type { Tested, TestedLoad } from '../analysis/tested.ts';
import { formatDuration, formatMoment, formatPerSec, formatPlural } from './format.ts';

/** Beyond this number, items of a list are only counted. */
const NAMED = 2;

/** What was tested, and the first arm's load, in few words: `10.0.0.5:3128 -> http://10.0.0.9/, 500/s`. */
export function formatTestedShort(tested: Tested): string {
  return `${formatWay(tested, ' -> ')}, ${formatLoads(tested.loads.slice(0, 1))}`;
}

/** `proxy 10.0.0.5:3128 for http://10.0.0.9/, traffic up to 500/s, control up to 10/s` */
export function formatTested(tested: Tested): string {
  const { proxies, isEmbedded } = tested;
  const way =
    proxies.length === 0 || isEmbedded ? formatWay(tested, '') : `proxy ${formatWay(tested, ' for ')}`;
  return `${way}, ${formatLoads(tested.loads)}`;
}

/** `probe-7 (10.0.0.2)`; empty if unknown. */
export function formatFrom({ from: { host, addresses } }: Tested): string {
  const listed = formatList(addresses);
  if (host === undefined) return listed;
  return listed === '' ? host : `${host} (${listed})`;
}

/** All of it in a sentence, for the line under a title. */
export function formatTestedFully(
  tested: Tested,
  {
    scenario,
    startedAt,
    endedAt,
  }: { readonly scenario: string; readonly startedAt: string; readonly endedAt: string },
): string {
  const lastedUs = Math.max(0, Date.parse(endedAt) - Date.parse(startedAt)) * 1_000;
  const from = formatFrom(tested);
  return `${scenario}: ${formatTested(tested)}; ${formatMoment(startedAt)}, for ${formatDuration(lastedUs)}${from === '' ? '' : `, from ${from}`}`;
}

function formatWay({ proxies, targets, isEmbedded }: Tested, join: string): string {
  if (isEmbedded) return 'its own far end, on that machine';
  return [...(proxies.length === 0 ? [] : [formatList(proxies)]), formatList(targets)].join(join);
}

function formatLoads(loads: readonly TestedLoad[]): string {
  const [first] = loads;
  if (first === undefined) return 'nothing';
  if (loads.length === 1) return formatLoad(first);
  const named = loads.slice(0, NAMED + 1).map((load) => `${load.arm} ${formatLoad(load)}`);
  const more = loads.length - named.length;
  return [...named, ...(more > 0 ? [`${more} more`] : [])].join(', ');
}

function formatLoad(load: TestedLoad): string {
  switch (load.kind) {
    case 'rate':
      return `up to ${formatPerSec(load.peakPerSec)}`;
    case 'concurrency':
      return `${load.connections} at once`;
    case 'browsers':
      return formatPlural(load.browsers, 'browser', 'browsers');
  }
}

function formatList(texts: readonly string[]): string {
  const more = texts.length - NAMED;
  return [...texts.slice(0, NAMED), ...(more > 0 ? [`${more} more`] : [])].join(', ');
}
