import { formatCount } from '../format.ts';
import { htmlTable } from './html.ts';
import { armNames, armSides, type Side, sideLabel } from './sides.ts';

const HELD = [
  ['of one browser, open', 'perUser'],
  ['of all, open', 'open'],
  ['kept 30 s after the close', 'held30s'],
  ['kept 120 s after the close', 'held120s'],
] as const;

/** What browsers take of a NAT, and what a page costs; empty without browsers, and for runs that did not count it. */
export function portsSection(sides: readonly Side[]): string {
  const all = armNames(sides).flatMap((arm) => armSides(sides, arm));
  const held = all.flatMap(({ side, arm, summary: { ports } }) =>
    ports === undefined
      ? []
      : HELD.map(([what, key]) => {
          const { p50, p90, max } = ports[key];
          return [sideLabel(side, arm), what, ...[p50, p90, max].map(formatCount)];
        }),
  );
  const pages = all.flatMap(({ side, arm, summary: { browsing } }) =>
    browsing === undefined
      ? []
      : [
          [
            sideLabel(side, arm),
            ...[browsing.pages, browsing.pagesFailed].map(formatCount),
            ...[browsing.connectionsPerPage, browsing.challengesPerPage].map((each) => each.toFixed(2)),
            formatCount(browsing.connectionsWithoutRequest),
            browsing.synsPerStall?.toFixed(2) ?? '-',
          ],
        ],
  );
  if (held.length + pages.length === 0) return '';
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const ports = htmlTable(
    { columns: [left('arm'), left('ports at once'), ...['p50', 'p90', 'most'].map(right)], rows: held },
    'Ports at once',
  );
  const columns = [
    ...['pages', 'incomplete', 'connections a page', 'asked for credentials a page'],
    ...['connections without a request', 'SYNs per stalled handshake'],
  ];
  const costs = htmlTable({ columns: [left('arm'), ...columns.map(right)], rows: pages }, 'Pages');
  return `<section><h2>Browsers, and the ports they take</h2>${ports}${costs}</section>`;
}
