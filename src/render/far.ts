import type { FarAttempt, FarFile, FarSummary } from '../metrics/far.ts';
import { escapeControls } from './escape.ts';
import {
  FATE_WORDS,
  formatClocks,
  formatInTransit,
  formatMatched,
  formatNat,
  formatReuse,
  listFates,
} from './far-words.ts';
import { formatCount, formatMicros, formatMoment, formatPlural } from './format.ts';
import { endpoint } from './pcap.ts';
import { renderLabelled, wrap } from './table.ts';

/** Attempts shown one by one; far.jsonl has all. */
const SHOWN = 10;
const STALLED: ReadonlySet<string> = new Set(['recovered', 'frozen', 'unresolved']);

/** What both sides of a run saw, as text. */
export function renderFar(far: FarSummary, attempts: readonly FarAttempt[], width: number): string {
  const label = (name: string, text: string): string[] => renderLabelled(name, escapeControls(text), width);
  const several = Object.keys(far.series).length > 1;
  const stalled = attempts.filter(({ kind }) => STALLED.has(kind));
  const lines = [
    ...label('both sides', formatMatched(far)),
    ...label('near', describeFile(far.near)),
    ...far.far.flatMap((file) => label('far', describeFile(file))),
    ...label('clocks', formatClocks(far)),
    ...label('NAT', formatNat(far)),
    ...label('port reuse', formatReuse(far)),
    ...label('in transit', formatInTransit(far)),
    ...Object.entries(far.series).flatMap(([name, sums]) =>
      listFates(sums).flatMap((text) => label('first SYNs', several ? `${name}: ${text}` : text)),
    ),
  ];
  const shown = stalled
    .slice(0, SHOWN)
    .flatMap((one) => label('stalled', `${nameOf(one, several)}, ${tell(one)}`));
  const more = stalled.length - SHOWN;
  const blocks = [
    lines,
    [...shown, ...(more > 0 ? [`and ${formatCount(more)} more in far.jsonl`] : [])],
    far.remarks.flatMap((remark) =>
      wrap(escapeControls(remark), width - 2).map((line, index) => `${index === 0 ? '- ' : '  '}${line}`),
    ),
  ];
  return `${blocks
    .filter((block) => block.length > 0)
    .map((block) => block.join('\n'))
    .join('\n\n')}\n`;
}

/** `3 ack, syn-ack`: those alike that follow one another together. */
function list(kinds: readonly string[]): string {
  if (kinds.length === 0) return 'nothing';
  const runs: { kind: string; count: number }[] = [];
  for (const kind of kinds) {
    const last = runs.at(-1);
    if (last?.kind === kind) last.count += 1;
    else runs.push({ kind, count: 1 });
  }
  return runs.map(({ kind, count }) => (count === 1 ? kind : `${count} ${kind}`)).join(', ');
}

function describeFile({ path, frames, from, to }: FarFile): string {
  const when = from === null || to === null ? '' : `, ${formatMoment(from)} to ${formatMoment(to)}`;
  return `${path}, ${formatPlural(frames, 'frame', 'frames')}${when}`;
}

function nameOf({ series, attempt }: FarAttempt, several: boolean): string {
  return several ? `${series} attempt ${attempt}` : `attempt ${attempt}`;
}

/** One stalled attempt. */
function tell({ kind, by, external, fate, syns, reuseAgeUs, invented }: FarAttempt): string {
  const sent = formatPlural(syns.length, 'SYN', 'SYNs');
  if (by === null || external === null) return `${kind}: ${sent} sent, ${FATE_WORDS[fate]}`;
  const arrived = syns.filter(({ arrivedAtUs }) => arrivedAtUs !== null).length;
  const age = reuseAgeUs === null ? '' : ` (last used ${formatMicros(reuseAgeUs)} before)`;
  const answered = syns.flatMap((syn) => syn.answered);
  const returned = syns.flatMap((syn) => syn.returned);
  const others = invented.length === 0 ? '' : `, ${list(invented)} of which the far side never sent`;
  return `${kind}: ${sent} sent, ${formatCount(arrived)} arrived from ${endpoint(external.address, external.port)}${age}; answered: ${list(answered)}; came back: ${list(returned)}${others}`;
}
