import type { Comparison } from '../../analysis/compare/types.ts';
import { formatFirewall } from '../firewall.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { type Side, sideLabel } from './sides.ts';

/**
 * The firewall's own view: what changed between two runs, and what moved during each; empty without firewall commands.
 */
export function firewallSection(sides: readonly Side[], comparison?: Comparison): string {
  const asked = sides.filter(({ run: { summary } }) => summary.firewall !== undefined);
  if (asked.length === 0) return '';
  const sentences = comparison?.firewall?.sentences ?? [];
  const lines = asked.map(({ name, run: { summary } }) =>
    sideLabel(name, formatFirewall({ ...summary.firewall!, moved: [], movedMore: 0 })),
  );
  const rows = asked.flatMap(({ name, run: { summary } }) =>
    summary.firewall!.moved.map(({ where, key, from = '', to = '' }) => [
      sideLabel(name, key),
      where,
      from,
      to,
    ]),
  );
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const right = (title: string) => ({ title, align: 'right' }) as const;
  const table =
    rows.length === 0
      ? ''
      : htmlTable(
          { columns: [left('changed during the run'), left('in'), right('from'), right('to')], rows },
          'What changed on the firewall during the run',
        );
  return `<section><h2>The firewall’s own view</h2>${list(sentences)}${list(lines)}${table}</section>`;
}

function list(items: readonly string[]): string {
  if (items.length === 0) return '';
  return `<ul class="findings">${items.map((item) => `<li>${escapeHtml(item)}</li>`).join('')}</ul>`;
}
