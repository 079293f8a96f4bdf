import type { Evidence, PacketSeen } from '../../metrics/evidence.ts';
import type { AddressAndPort, FarAttempt } from '../../metrics/far.ts';
import { describeIcmp } from '../../outcome/refusal.ts';
import { describeSynAnswer } from '../../outcome/syn-answer.ts';
import { FATE_WORDS } from '../far-words.ts';
import { formatMicros } from '../format.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { type LadderStep, ladderSteps } from './ladder-steps.ts';
import { type Side, sideLabel } from './sides.ts';

/** Places in the drawing, in its own units. */
const LEFT = 150;
const RIGHT = 610;
const MIDDLE = (LEFT + RIGHT) / 2;
const WIDTH = 760;
const TOP = 54;
const STEP = 46;
/** An arrow falls by that much on its way. */
const FALL = 18;

/** More steps are told of in the table. */
const MOST_STEPS = 16;

/**
 * Stalled handshakes, packet by packet, as this machine saw them, and as the far side did if its capture was joined:
 * nothing where none was captured. What left is drawn dashed from half-way on if nobody saw whether it arrived.
 */
export function ladderSection(sides: readonly Side[]): string {
  const drawn = sides.flatMap(({ name, run: { evidence = [], farEvidence = [] } }) =>
    evidence.map((one, index) =>
      drawOne(one, farEvidence[index], sideLabel(name, one.series), `${name}-${index}`),
    ),
  );
  if (drawn.length === 0) return '';
  const hasFar = sides.some(({ run: { farEvidence = [] } }) => farEvidence.some((far) => far !== undefined));
  const seen = hasFar
    ? 'As seen on this machine and at the far side, one for each thing that met a SYN; the far side’s times are by this machine’s clock. A cross: the other side never saw it. Dashed: whether it arrived is not known.'
    : 'As seen on this machine, one for each thing that met a SYN; capture/near.pcapng has their packets. Dashed: whether it arrived is not seen from here.';
  return `<section><h2>Stalled handshakes, packet by packet</h2>
<p>${seen}</p>
${drawn.join('\n')}</section>`;
}

function drawOne(one: Evidence, far: FarAttempt | undefined, subject: string, id: string): string {
  const { met, attempt, source, endpoint } = one;
  const all = ladderSteps(one, far);
  const steps = all.slice(0, MOST_STEPS);
  const height = TOP + steps.length * STEP + FALL + 12;
  const caption = [
    `${subject}, attempt ${attempt} (${one.kind}): met ${describeSynAnswer(met)}`,
    ...(one.isPartial === true ? ['some packets were not captured'] : []),
    ...(far === undefined ? [] : [`its first SYN: ${FATE_WORDS[far.fate]}`]),
  ].join('; ');
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const columns = [
    'after the first SYN',
    'direction',
    'packet',
    'as captured here',
    ...(far === undefined ? [] : ['far side']),
  ];
  const rows = all.map((step) => [
    formatAt(step.atUs),
    step.way === 'out' ? 'sent' : step.near === undefined ? 'sent there' : 'came',
    nameOf(step, one),
    step.near === undefined ? 'not captured here' : detailsOf(step.near),
    ...(far === undefined ? [] : [farWords(step)]),
  ]);
  const table = htmlTable({ columns: columns.map(left), rows }, caption);
  const from = far?.external ?? undefined;
  const outside = from === undefined || isOwn(from, source) ? endpoint : `${formatEnd(from)} → ${endpoint}`;
  return `<figure class="ladder"><figcaption>${escapeHtml(caption)}</figcaption>
<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escapeHtml(`${caption}; the table below has the same data`)}">
<defs><marker id="ladder-${id}" viewBox="0 0 10 10" refX="10" refY="5" markerWidth="7" markerHeight="7" orient="auto"><path d="M0 0 10 5 0 10z" fill="currentColor"/></marker></defs>
${text(LEFT, 18, 'middle', 'this machine')}${text(LEFT, 36, 'middle', source)}${text(RIGHT, 18, 'middle', 'far end')}${text(RIGHT, 36, 'middle', outside)}
${rail(LEFT, height)}${rail(RIGHT, height)}
${steps.map((step, index) => drawStep(step, one, TOP + index * STEP, `ladder-${id}`)).join('\n')}
</svg>
<details><summary>As a table</summary>${table}</details></figure>`;
}

function isOwn(end: AddressAndPort, source: string): boolean {
  return formatEnd(end) === source;
}

function formatEnd({ address, port }: AddressAndPort): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function drawStep(step: LadderStep, one: Evidence, y: number, marker: string): string {
  const { way, fate, near, far, atUs } = step;
  const isOut = way === 'out';
  const end = y + FALL;
  const half = y + FALL / 2;
  const line = (x1: number, y1: number, x2: number, y2: number, rest: string): string =>
    `<line x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}" stroke="currentColor" stroke-width="1.5"${rest}/>`;
  const head = ` marker-end="url(#${marker})"`;
  const dashes = ' stroke-dasharray="4 5"';
  const [from, to] = isOut ? [LEFT, RIGHT] : [RIGHT, LEFT];
  const arrow = {
    unknown: line(from, y, MIDDLE, half, '') + line(MIDDLE, half, to, end, `${dashes}${head}`),
    crossed: near === undefined ? line(MIDDLE, half, to, end, head) : line(from, y, to, end, head),
    lost: line(from, y, MIDDLE, half, '') + cross(MIDDLE, half),
    invented: line(MIDDLE, half, to, end, head),
  }[fate];
  const here = near === undefined ? '' : text(LEFT - 12, (isOut ? y : end) + 4, 'end', formatAt(atUs));
  const there = far === undefined ? '' : text(RIGHT + 12, (isOut ? end : y) + 4, 'start', formatAt(far.atUs));
  return `${here}${there}${arrow}${text(MIDDLE, y - 2, 'middle', nameOf(step, one))}`;
}

function cross(x: number, y: number): string {
  const arm = 6;
  return `<path d="M${x - arm} ${y - arm}L${x + arm} ${y + arm}M${x - arm} ${y + arm}L${x + arm} ${y - arm}" stroke="currentColor" stroke-width="2"/>`;
}

function rail(x: number, height: number): string {
  return `<line x1="${x}" y1="${TOP - 10}" x2="${x}" y2="${height - 4}" stroke="currentColor" stroke-width="2"/>`;
}

function text(x: number, y: number, anchor: 'start' | 'middle' | 'end', words: string): string {
  return `<text x="${x}" y="${y}" text-anchor="${anchor}" font-size="13" fill="currentColor">${escapeHtml(words)}</text>`;
}

const NAMES = { syn: 'SYN', 'syn-ack': 'SYN-ACK', ack: 'ACK', rst: 'RST', fin: 'FIN' } as const;

function nameOf({ near, far, fate }: LadderStep, one: Evidence): string {
  if (near !== undefined)
    return fate === 'invented' ? `${nearName(near, one)}, which the far end never sent` : nearName(near, one);
  return far === undefined || far.kind === 'icmp' ? 'ICMP' : NAMES[far.kind];
}

/** What the far side saw of it. */
function farWords({ way, fate, far }: LadderStep): string {
  if (fate === 'invented') return 'never sent';
  if (far === undefined) return fate === 'lost' ? 'never seen' : 'not known';
  const what = way === 'out' ? 'arrived' : 'sent';
  return `${what} ${formatAt(far.atUs)}${fate === 'lost' ? ', never came back' : ''}`;
}

function nearName({ kind, again, about, icmp, ttlOfSynAcks }: PacketSeen, { endpoint }: Evidence): string {
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
