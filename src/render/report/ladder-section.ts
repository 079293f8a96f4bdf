import type { Evidence, PacketSeen } from '../../metrics/evidence.ts';
import { describeIcmp } from '../../outcome/refusal.ts';
import { describeSynAnswer } from '../../outcome/syn-answer.ts';
import { formatMicros } from '../format.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { type Side, sideLabel } from './sides.ts';

/** Places in the drawing, in its own units. */
const LEFT = 150;
const RIGHT = 610;
const WIDTH = 720;
const TOP = 54;
const STEP = 46;
/** An arrow falls by that much on its way. */
const FALL = 18;

/** More steps are told of in the table. */
const MOST_STEPS = 16;

/**
 * Stalled handshakes, packet by packet, as this machine saw them: nothing where none was captured. What left is drawn
 * dashed from half-way on, as whether it arrived is not seen from here.
 */
export function ladderSection(sides: readonly Side[]): string {
  const drawn = sides.flatMap(({ name, run: { evidence = [] } }) =>
    evidence.map((one, index) => drawOne(one, sideLabel(name, one.series), `${name}-${index}`)),
  );
  if (drawn.length === 0) return '';
  return `<section><h2>Stalled handshakes, packet by packet</h2>
<p>As seen on this machine, one for each thing that met a SYN; capture/near.pcapng has their packets. Dashed: whether it arrived is not seen from here.</p>
${drawn.join('\n')}</section>`;
}

function drawOne(one: Evidence, subject: string, id: string): string {
  const { packets, met, attempt, source, endpoint } = one;
  const steps = packets.slice(0, MOST_STEPS);
  const height = TOP + steps.length * STEP + FALL + 12;
  const caption = `${subject}, attempt ${attempt} (${one.kind}): met ${describeSynAnswer(met)}${one.isPartial === true ? '; some packets were not captured' : ''}`;
  const rows = packets.map((packet) => [
    formatAt(packet.atUs),
    packet.way === 'out' ? 'sent' : 'came',
    nameOf(packet, one),
    detailsOf(packet),
  ]);
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const table = htmlTable(
    {
      columns: [left('after the first SYN'), left('direction'), left('packet'), left('as captured here')],
      rows,
    },
    caption,
  );
  return `<figure class="ladder"><figcaption>${escapeHtml(caption)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(`${caption}; the table below has the same data`)}">
<defs><marker id="ladder-${id}" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" fill="currentColor"/></marker></defs>
${text(LEFT, 18, 'middle', 'this machine')}${text(LEFT, 36, 'middle', source)}${text(RIGHT, 18, 'middle', 'far end')}${text(RIGHT, 36, 'middle', endpoint)}
${rail(LEFT, height)}${rail(RIGHT, height)}
${steps.map((packet, index) => drawStep(packet, one, TOP + index * STEP, `ladder-${id}`)).join('\n')}
</svg>
<details><summary>As a table</summary>${table}</details></figure>`;
}

function drawStep(packet: PacketSeen, one: Evidence, y: number, marker: string): string {
  const isOut = packet.way === 'out';
  const end = y + FALL;
  const middle = (LEFT + RIGHT) / 2;
  const line = (x1: number, y1: number, x2: number, y2: number, rest: string): string =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="currentColor" stroke-width="1.5"${rest}/>`;
  const head = ` marker-end="url(#${marker})"`;
  const arrow = isOut
    ? line(LEFT, y, middle, y + FALL / 2, '') +
      line(middle, y + FALL / 2, RIGHT, end, ` stroke-dasharray="4 5"${head}`)
    : line(RIGHT, y, LEFT, end, head);
  const at = isOut ? y : end;
  return `${text(LEFT - 12, at + 4, 'end', formatAt(packet.atUs))}${arrow}${text(middle, y - 2, 'middle', nameOf(packet, one))}`;
}

function rail(x: number, height: number): string {
  return `<line x1="${x}" y1="${TOP - 10}" x2="${x}" y2="${height - 4}" stroke="currentColor" stroke-width="2"/>`;
}

function text(x: number, y: number, anchor: 'middle' | 'end', words: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="13" fill="currentColor">${escapeHtml(words)}</text>`;
}

const NAMES = { syn: 'SYN', 'syn-ack': 'SYN-ACK', ack: 'ACK', rst: 'RST', fin: 'FIN' } as const;

function nameOf({ kind, again, about, icmp, ttlOfSynAcks }: PacketSeen, { endpoint }: Evidence): string {
  if (kind === 'icmp') {
    const family = endpoint.startsWith('[') ? 6 : 4;
    return icmp === undefined ? 'ICMP' : describeIcmp(family, icmp.type, icmp.code, icmp.sender);
  }
  const marks = [
    ...(again === true ? ['again'] : []),
    ...(about === 'another' ? ['foreign number'] : []),
    ...(kind === 'rst' && ttlOfSynAcks === 'other' ? ['another TTL'] : []),
  ];
  return marks.length === 0 ? NAMES[kind] : `${NAMES[kind]} (${marks.join(', ')})`;
}

function detailsOf({ ttl, ipId, seq, ack, window, options }: PacketSeen): string {
  const fields = { TTL: ttl, 'IP ID': ipId, seq, ack, window, MSS: options?.mss ?? -1 };
  const said = Object.entries(fields).flatMap(([name, value]) => (value < 0 ? [] : [`${name} ${value}`]));
  return [...said, ...(options === undefined ? [] : [`options ${options.kinds}`])].join(', ');
}

function formatAt(atUs: number): string {
  return atUs < 0 ? `-${formatMicros(-atUs)}` : formatMicros(atUs);
}
