import type { SidesReport, Story } from '../evidence/match/sides.ts';
import { formatCount, formatMicros, formatPlural } from './format.ts';
import { endpoint } from './pcap.ts';
import { renderLabelled } from './table.ts';

/** Stories printed one by one; --json has more. */
const SHOWN_STORIES = 10;

/** What two captures of the same handshakes show together. */
export function renderSides(report: SidesReport, width: number): string {
  const { matched, nearAlone, farAlone, clockOffset, nat, reuseAgeUs, stories, storiesLeftOut } = report;
  const { resetsInvented, synAcksInvented, changed } = report;
  const reuse =
    reuseAgeUs.count === 0
      ? 'no external port was reused'
      : `${formatPlural(reuseAgeUs.count, 'external port', 'external ports')} reused ${formatMicros(reuseAgeUs.min)} to ${formatMicros(reuseAgeUs.max)} after the last packet, median ${formatMicros(reuseAgeUs.p50)}`;
  const { nearLeftOut } = report;
  // Of a sample nobody can say which of the far side's handshakes are not among those left out.
  const unmatched =
    nearLeftOut === 0
      ? `unmatched: ${formatCount(nearAlone)} near, ${formatCount(farAlone)} far`
      : `unmatched: ${formatCount(nearAlone)}; these are all that stalled and a sample, without ${formatCount(nearLeftOut)} others`;
  const rest = stories.length + storiesLeftOut - Math.min(stories.length, SHOWN_STORIES);
  const lines = [
    ...renderLabelled(
      'both sides',
      `${formatPlural(matched, 'handshake', 'handshakes')} matched; ${unmatched}`,
      width,
    ),
    ...renderLabelled(
      'clocks',
      clockOffset === null
        ? 'offset unknown'
        : `the far clock is ${formatMicros(Math.abs(clockOffset.us))} ${clockOffset.us < 0 ? 'behind' : 'ahead'}, give or take ${formatMicros(clockOffset.uncertaintyUs)}`,
      width,
    ),
    ...renderLabelled(
      'NAT',
      `${nat.kind}: ${formatCount(nat.portsKept)} of ${formatCount(matched)} ports kept, ${formatPlural(nat.externalAddresses.length, 'external address', 'external addresses')}; ${reuse}`,
      width,
    ),
    ...renderLabelled(
      'in transit',
      `SYNs changed: sequence number ${formatCount(changed.isn)}, options ${formatCount(changed.options)}, MSS ${formatCount(changed.mss)}, traffic class ${formatCount(changed.trafficClass)}; received near but never sent by the far side: ${formatCount(resetsInvented)} RST, ${formatCount(synAcksInvented)} SYN-ACK`,
      width,
    ),
    ...stories.slice(0, SHOWN_STORIES).flatMap((story) => renderLabelled('stalled', tell(story), width)),
    ...(rest > 0 ? [`and ${formatCount(rest)} more (see --json)`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function tell({
  client,
  clientPort,
  synsSent,
  synsArrived,
  externalAddress,
  externalPort,
  answered,
  received,
}: Story): string {
  const who = `${endpoint(client, clientPort)}: ${formatPlural(synsSent, 'SYN', 'SYNs')} sent`;
  const back = received.length === 0 ? 'nothing came back' : `came back: ${received.join(', ')}`;
  if (synsArrived === null) return `${who}, none known to have arrived; ${back}`;
  const answers = answered.length === 0 ? 'not answered' : `answered: ${answered.join(', ')}`;
  return `${who}, ${formatCount(synsArrived)} arrived from ${endpoint(externalAddress ?? '', externalPort ?? 0)}, ${answers}; ${back}`;
}
