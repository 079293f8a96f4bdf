import type { ArmSummary, PortSpread } from '../analysis/types.ts';
import { formatCount, formatPlural } from './format.ts';
import { renderLabelled } from './table.ts';

/** Of browsers: what a page costs, and the ports that a NAT has to hold for all of them and for one. */
export function renderBrowsing(arm: ArmSummary, room: number): string[] {
  const pages = formatPages(arm);
  return [
    ...(pages === undefined ? [] : renderLabelled('pages', pages, room)),
    ...listPorts(arm).flatMap((text, index) => renderLabelled(index === 0 ? 'ports' : '', text, room)),
  ];
}

/** What a page costs, in words; undefined if there were no browsers. */
export function formatPages({ browsing }: ArmSummary): string | undefined {
  if (browsing === undefined) return undefined;
  const { pages, pagesFailed, connectionsPerPage, challengesPerPage } = browsing;
  const { connectionsWithoutRequest: unused, synsPerStall } = browsing;
  return [
    `${formatCount(pages)}${pagesFailed === 0 ? '' : `, ${formatCount(pagesFailed)} of them incomplete`}`,
    `${connectionsPerPage.toFixed(2)} connections and ${challengesPerPage.toFixed(2)} requests for credentials each`,
    ...(unused === 0 ? [] : [`${formatPlural(unused, 'connection', 'connections')} without a request`]),
    ...(synsPerStall === undefined ? [] : [`${synsPerStall.toFixed(2)} SYNs per stalled handshake`]),
  ].join('; ');
}

/** Ports held at once, in words; nothing if it is not known. */
export function listPorts({ ports }: ArmSummary): string[] {
  if (ports === undefined) return [];
  const { users, perUser, open, held30s, held120s } = ports;
  return [
    `open at once: ${formatSpread(open)}; of ${formatOne(users)}: ${formatSpread(perUser)}`,
    `kept 30 s after the close: ${formatSpread(held30s)}; 120 s: ${formatSpread(held120s)}`,
  ];
}

function formatOne(users: number): string {
  return users === 1 ? 'the one browser' : `one of ${formatCount(users)} browsers`;
}

export function formatSpread({ p50, p90, max }: PortSpread): string {
  return `p50 ${formatCount(p50)}, p90 ${formatCount(p90)}, most ${formatCount(max)}`;
}
