import type { FarSummary, SynFate } from '../metrics/far.ts';
import type { NotedKind } from '../metrics/noted.ts';
import { formatCount, formatMicros, formatPlural } from './format.ts';

/** What became of SYNs: follows their number. Observations, and no causes. */
export const FATE_WORDS: Readonly<Record<SynFate, string>> = {
  unmatched: 'not found at the far side',
  'not-seen': 'never seen at the far side',
  unanswered: 'arrived at the far side and not answered',
  'syn-ack-lost': 'answered there by a SYN-ACK that never came back',
  'ack-lost': 'answered there by a bare ACK that never came back',
  'rst-lost': 'answered there by an RST that never came back',
  'icmp-lost': 'answered there by an ICMP error that never came back',
  'syn-ack-returned': 'answered there by a SYN-ACK, which came back',
  'ack-returned': 'answered there by a bare ACK, which came back',
  'rst-returned': 'answered there by an RST, which came back',
  'icmp-returned': 'answered there by an ICMP error, which came back',
  'answered-by-another': 'answered by what the far side never sent',
};

const STALLED: readonly NotedKind[] = ['recovered', 'frozen', 'unresolved'];
/** Groups of kinds, in the order in which they are told of. */
const GROUPS: readonly (readonly [string, readonly NotedKind[]])[] = [
  ['stalled', STALLED],
  ['refused', ['refused']],
  ['reset', ['reset']],
  ['unanswered', ['unanswered']],
];

/**
 * What became of the first SYN of a series' attempts: `of 41 stalled: 40 answered there by a bare ACK that never came back, 1 never
 * seen at the far side`.
 */
export function listFates({ fates }: Pick<FarSummary['series'][string], 'fates'>): string[] {
  return GROUPS.flatMap(([group, kinds]) => {
    const counts = new Map<SynFate, number>();
    for (const kind of kinds)
      for (const [fate, count] of Object.entries(fates[kind] ?? {}) as [SynFate, number][])
        counts.set(fate, (counts.get(fate) ?? 0) + count);
    const all = [...counts.values()].reduce((sum, count) => sum + count, 0);
    if (all === 0) return [];
    const told = [...counts]
      .sort(([, a], [, b]) => b - a)
      .map(([fate, count]) => `${formatCount(count)} ${FATE_WORDS[fate]}`);
    return [`of ${formatCount(all)} ${group}: ${told.join(', ')}`];
  });
}

/** Of more series than these, the sum is told of. */
const MOST_SERIES = 4;

type Fates = FarSummary['series'][string]['fates'];

function sumFates(series: readonly Pick<FarSummary['series'][string], 'fates'>[]): Fates {
  const sums: Partial<Record<NotedKind, Partial<Record<SynFate, number>>>> = {};
  for (const { fates } of series)
    for (const [kind, counts] of Object.entries(fates) as [NotedKind, Partial<Record<SynFate, number>>][]) {
      const sum = sums[kind] ?? {};
      sums[kind] = sum;
      for (const [fate, count] of Object.entries(counts) as [SynFate, number][])
        sum[fate] = (sum[fate] ?? 0) + count;
    }
  return sums;
}

/** How many of the kept attempts were found at the far side, and by what. */
export function formatMatched({
  attempts: { kept, matched, by },
  farHandshakes,
  hosts = [],
}: FarSummary): string {
  const words = { isn: 'sequence number', nonce: 'number in the request', timestamp: 'timestamp' } as const;
  const ways = Object.entries(by).map(([way, count]) => ({ way: words[way as keyof typeof words], count }));
  const how =
    ways.length === 1
      ? `, by ${ways[0]!.way}`
      : ways.length === 0
        ? ''
        : ` (${ways.map(({ way, count }) => `${formatCount(count)} by ${way}`).join(', ')})`;
  const there = hosts.map((one) => `${formatCount(one.matched)} in ${one.paths[0]}`);
  const where = there.length === 0 ? '' : `, ${there.join(', ')}`;
  return `${formatCount(matched)} of ${formatPlural(kept, 'kept attempt', 'kept attempts')} found at the far side${how}${where}; ${formatPlural(farHandshakes, 'handshake was', 'handshakes were')} captured there in all`;
}

export function formatClocks({ clockOffset, hosts }: Pick<FarSummary, 'clockOffset' | 'hosts'>): string {
  if (hosts === undefined) return formatOffset(clockOffset);
  return hosts.map((one) => `${one.paths[0]}: ${formatOffset(one.clockOffset)}`).join('; ');
}

function formatOffset(clockOffset: FarSummary['clockOffset']): string {
  if (clockOffset === null) return 'offset not known';
  const { us, uncertaintyUs } = clockOffset;
  const size = Math.abs(us);
  if (size <= uncertaintyUs) return `both agree, give or take ${formatMicros(uncertaintyUs + size)}`;
  return `the far clock is ${formatMicros(size)} ${us < 0 ? 'behind' : 'ahead'}, give or take ${formatMicros(uncertaintyUs)}`;
}

const NAT_WORDS: Readonly<Record<FarSummary['nat']['kind'], string>> = {
  none: 'none: addresses and ports arrive as they left',
  'port-preserving': 'keeps source ports where they are free',
  sequential: 'gives source ports in turn',
  random: 'gives source ports at random',
  unknown: 'too few handshakes to tell',
};
const MOST_ADDRESSES = 4;

export function formatNat({ nat, attempts: { matched } }: FarSummary): string {
  const { kind, portsKept, externalAddresses, externalAddressCount: count } = nat;
  if (kind === 'none' || matched === 0) return NAT_WORDS[kind];
  const more = count - Math.min(MOST_ADDRESSES, externalAddresses.length);
  const listed = externalAddresses.slice(0, MOST_ADDRESSES).join(', ');
  return `${NAT_WORDS[kind]}: ${formatCount(portsKept)} of ${formatCount(matched)} kept; ${formatPlural(count, 'external address', 'external addresses')}: ${listed}${more > 0 ? ` and ${formatCount(more)} more` : ''}${formatPorts(nat)}`;
}

/** How many external ports there were, and were taken as SYNs did not arrive. */
function formatPorts({ ports: seen }: FarSummary['nat']): string {
  if (seen === undefined) return '';
  const { ports, handshakes, missed, takenMedian } = seen;
  return `; ${formatPlural(ports, 'external port', 'external ports')} in ${formatPlural(handshakes, 'handshake', 'handshakes')}, ${formatCount(takenMedian)} of them taken (median) as ${formatPlural(missed, 'SYN', 'SYNs')} did not arrive`;
}

export function formatReuse({ reuseAgeUs: { all, stalled } }: FarSummary): string {
  if (all.count === 0) return 'no external port was reused';
  const span = ({ min, max, p50 }: typeof all) =>
    `${formatMicros(min)} to ${formatMicros(max)} after the last packet, median ${formatMicros(p50)}`;
  const others =
    stalled.count === 0
      ? ''
      : `; by ${formatPlural(stalled.count, 'stalled attempt', 'stalled attempts')} ${span(stalled)}`;
  return `external ports were reused ${formatPlural(all.count, 'time', 'times')}, ${span(all)}${others}`;
}

/** What was done to packets in between. */
export function formatInTransit({ changes, resetsInvented, synAcksInvented }: FarSummary): string {
  const words = {
    isn: 'sequence number',
    options: 'options',
    mss: 'MSS',
    trafficClass: 'traffic class',
  } as const;
  const changed = Object.entries(changes)
    .filter(([, count]) => count > 0)
    .map(([what, count]) => `${words[what as keyof typeof words]} of ${formatCount(count)}`);
  const invented = [
    ...(resetsInvented > 0 ? [`${formatPlural(resetsInvented, 'attempt', 'attempts')} met an RST`] : []),
    ...(synAcksInvented > 0 ? [`${formatPlural(synAcksInvented, 'attempt', 'attempts')} met a SYN-ACK`] : []),
  ];
  const first = changed.length === 0 ? 'SYNs arrived as they left' : `SYNs changed: ${changed.join(', ')}`;
  return invented.length === 0 ? first : `${first}; ${invented.join(' and ')} that the far side never sent`;
}

/** What both sides saw, in a sentence or two, for those who read of the run as a whole. */
export function formatFar(far: FarSummary): string {
  const several = Object.keys(far.series).length > 1;
  const fates =
    Object.keys(far.series).length > MOST_SERIES
      ? listFates({ fates: sumFates(Object.values(far.series)) })
      : Object.entries(far.series).flatMap(([name, sums]) =>
          listFates(sums).map((text) => (several ? `${name}: ${text}` : text)),
        );
  const { kept, matched } = far.attempts;
  return [
    `${formatCount(matched)} of ${formatPlural(kept, 'kept attempt', 'kept attempts')} matched`,
    ...fates,
  ].join('; ');
}
