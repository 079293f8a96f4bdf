import type { CaptureReport, FileReport, Met, StallSeen } from '../evidence/pcap/types.ts';
import { formatCount, formatDuration, formatMicros, formatPlural, formatShare } from './format.ts';
import { renderLabelled, renderTable, wrap } from './table.ts';

/** Number of stalls shown; --json has all of them. */
const SHOWN_STALLS = 10;

const MET: Readonly<Record<Met, string>> = {
  'syn-ack': 'a SYN-ACK',
  'foreign-syn-ack': 'a SYN-ACK to another SYN',
  'bare-ack': 'a bare ACK',
  rst: 'an RST',
  icmp: 'an ICMP error',
  silence: 'silence',
  unseen: 'an answer that was not captured',
};

const LEFT = { align: 'left' } as const;
const RIGHT = { align: 'right' } as const;

/** What captures show, as text: files, counts, times, servers, stalls and oddities. */
export function renderCaptures(report: CaptureReport, width: number): string {
  const lines = [
    ...report.files.flatMap((file) => renderFile(file, width)),
    '',
    ...renderCounts(report, width),
    ...renderTimes(report, width),
    ...renderClusters(report, width),
    ...renderServers(report, width),
    ...renderStalls(report, width),
    ...report.remarks.flatMap((remark) => wrap(remark, width)),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function renderFile({ path, frames, links, from, to, remarks }: FileReport, width: number): string[] {
  const time = from === null || to === null ? 'no times' : `${shortTime(from)} to ${shortTime(to)} UTC`;
  const head = `${path}: ${formatPlural(frames, 'frame', 'frames')}, ${Object.keys(links).join(', ') || 'no link type'}, ${time}`;
  return [
    ...wrap(head, width),
    ...remarks.flatMap((remark) => renderLabelled('', `It ${remark}.`, width, 2)),
  ];
}

function shortTime(rfc3339: string): string {
  return rfc3339.replace('T', ' ').slice(0, 19);
}

function renderCounts(report: CaptureReport, width: number): string[] {
  const { connections, beganEarlier, handshakes, established, ends, durationUs } = report;
  const { syns, synRetransmissions, synAcks, resets, retransmissions } = report;
  const earlier =
    beganEarlier === 0 ? '' : `, ${formatCount(beganEarlier)} already open when the capture began`;
  const lasted = durationUs > 0 ? ` in ${formatDuration(durationUs)}` : '';
  return [
    ...renderLabelled(
      'connections',
      `${formatCount(connections)}${lasted}${earlier}; ${formatCount(ends.closed)} closed, ${formatCount(ends.reset)} reset, ${formatCount(ends.open)} open at the end`,
      width,
    ),
    ...renderLabelled(
      'handshakes',
      `${formatCount(handshakes)}, ${formatCount(established)} established; ${stallWords(report)}`,
      width,
    ),
    ...renderLabelled(
      'packets',
      `${formatPlural(syns, 'SYN', 'SYNs')}, ${formatCount(synRetransmissions)} of them retransmissions; ${formatPlural(synAcks, 'SYN-ACK', 'SYN-ACKs')}; ${formatPlural(resets, 'RST', 'RSTs')}`,
      width,
    ),
    ...renderMet('SYNs met', report.answers, width),
    ...renderMet('stalled met', report.stalledAnswers, width),
    ...renderIcmp(report, width),
    ...renderLabelled(
      'resent',
      `after the handshake: ${formatPlural(retransmissions.fromClients, 'segment', 'segments')} from clients, ${formatCount(retransmissions.fromServers)} from servers`,
      width,
    ),
    ...renderReuse(report, width),
  ];
}

function stallWords({
  stalled,
  healed,
  slow,
  unanswered,
  unansweredAtEnd,
  handshakes,
}: CaptureReport): string {
  const { count, recovered, frozen } = stalled;
  const split =
    count === 0
      ? ''
      : ` (${formatShare(count / handshakes)}: ${formatCount(recovered)} recovered, ${formatCount(frozen)} frozen)`;
  const atEnd = unansweredAtEnd === 0 ? '' : ` (${formatCount(unansweredAtEnd)} begun in the last second)`;
  return `${formatCount(count)} stalled${split}, ${formatCount(healed)} healed, ${formatCount(slow)} slow, ${formatCount(unanswered)} unanswered${atEnd}`;
}

/** The most frequent first. */
function renderMet(label: string, counts: Readonly<Partial<Record<Met, number>>>, width: number): string[] {
  const met = (Object.entries(counts) as [Met, number][]).sort(([, a], [, b]) => b - a);
  if (met.length === 0) return [];
  return renderLabelled(
    label,
    met.map(([kind, count]) => `${MET[kind]} ${formatCount(count)}`).join(', '),
    width,
  );
}

function renderIcmp({ icmp }: CaptureReport, width: number): string[] {
  const kinds = Object.entries(icmp);
  if (kinds.length === 0) return [];
  return renderLabelled(
    'ICMP',
    `about SYNs, by type/code: ${kinds.map(([kind, count]) => `${kind} ${formatCount(count)}`).join(', ')}`,
    width,
  );
}

function renderReuse({ reused }: CaptureReport, width: number): string[] {
  if (reused.count === 0) return [];
  const { count, stalled, ageUs } = reused;
  return renderLabelled(
    'reused',
    `${formatPlural(count, 'connection', 'connections')} on the addresses and ports of an earlier one, ${formatCount(stalled)} of them stalled; ${formatMicros(ageUs.min)} to ${formatMicros(ageUs.max)} after its last packet, median ${formatMicros(ageUs.p50)}`,
    width,
  );
}

function renderTimes(report: CaptureReport, width: number): string[] {
  const rows = [
    ['handshake', report.handshakeUs],
    ['first byte', report.firstByteUs],
    ['longest gap', report.gapUs],
  ] as const;
  const measured = rows.filter(([, { count }]) => count > 0);
  if (measured.length === 0) return [''];
  const titles = ['count', 'p50', 'p90', 'p99', 'p99.9', 'max'];
  return [
    '',
    ...renderTable(
      [{ title: 'times', ...LEFT }, ...titles.map((title) => ({ title, ...RIGHT }))],
      measured.map(([name, { count, p50, p90, p99, p999, max }]) => [
        name,
        formatCount(count),
        ...[p50, p90, p99, p999, max].map(formatMicros),
      ]),
      width,
    ),
    '',
  ];
}

function renderClusters({ clusters }: CaptureReport, width: number): string[] {
  return clusters.flatMap(({ what, atSec, count, of }) => {
    const verb = what === 'gaps' ? `lasted ${atSec} s` : `came ${atSec} s late`;
    return renderLabelled(
      'cluster',
      `${formatCount(count)} of ${formatCount(of)} ${what} ${verb}, with hardly any just above or below`,
      width,
    );
  });
}

function renderServers({ servers, serversLeftOut }: CaptureReport, width: number): string[] {
  if (servers.length < 2) return [];
  const titles = ['connections', 'stalled', 'unanswered', 'reset', 'p50', 'p99'];
  const more = serversLeftOut === 0 ? [] : [`and ${formatPlural(serversLeftOut, 'server', 'servers')} more`];
  return [
    ...renderTable(
      [{ title: 'server', ...LEFT, gives: 'middle' }, ...titles.map((title) => ({ title, ...RIGHT }))],
      servers.map(({ server, port, connections, stalled, unanswered, reset, handshakeUs }) => [
        endpoint(server, port),
        ...[connections, stalled, unanswered, reset].map(formatCount),
        ...(handshakeUs.count === 0 ? ['-', '-'] : [handshakeUs.p50, handshakeUs.p99].map(formatMicros)),
      ]),
      width,
    ),
    ...more,
    '',
  ];
}

function renderStalls({ stalls, stalled }: CaptureReport, width: number): string[] {
  if (stalls.length === 0) return [];
  const rows = stalls
    .slice(0, SHOWN_STALLS)
    .map((stall) => [
      stall.at === null ? '-' : stall.at.slice(11, 23),
      endpoint(stall.client, stall.clientPort),
      endpoint(stall.server, stall.serverPort),
      formatCount(stall.syns),
      `${stall.fate} ${formatMicros(stall.waitUs)}`,
      `${MET[stall.met]}${ageWords(stall)}`,
    ]);
  const more = stalled.count - rows.length;
  return [
    ...renderTable(
      ['stalls', 'client', 'server', 'SYNs', 'outcome', 'met'].map((title, index) => ({
        title,
        align: index === 3 ? ('right' as const) : ('left' as const),
        ...(index === 5 ? { gives: 'words' as const } : {}),
      })),
      rows,
      width,
    ),
    ...(more > 0 ? [`and ${formatCount(more)} more (see --json)`] : []),
    '',
  ];
}

function ageWords({ reuseAgeUs }: StallSeen): string {
  return reuseAgeUs === null ? '' : `; port last used ${formatMicros(reuseAgeUs)} earlier`;
}

/** An address and a port, an IPv6 address in brackets. */
export function endpoint(address: string, port: number): string {
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}
