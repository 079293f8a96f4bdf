import { describeCounters } from '../../analysis/counter-words.ts';
import { formatCount } from '../format.ts';
import { escapeHtml, htmlTable } from './html.ts';
import { type Side, sideLabel } from './sides.ts';

/** Kernel counters: significant ones in sentences, and every counter that moved; empty if none is known. */
export function countersSection(sides: readonly Side[]): string {
  const rows = sides.flatMap(({ name, run: { summary } }) => [
    ...rowsOf(sideLabel(name, 'this machine'), summary.hostCounters),
    ...rowsOf(sideLabel(name, 'far end'), summary.farCounters),
  ]);
  if (rows.length === 0) return '';
  const sentences = sides.flatMap(({ name, run: { summary } }) => {
    const { near, far } = describeCounters(summary);
    return [
      ...near.map((text) => sideLabel(name, `this machine: ${text}`)),
      ...far.map((text) => sideLabel(name, `far end: ${text}`)),
    ];
  });
  const left = (title: string) => ({ title, align: 'left' }) as const;
  const table = htmlTable(
    { columns: [left('kernel of'), left('counter'), { title: 'moved by', align: 'right' }], rows },
    'Kernel counters',
  );
  const list =
    sentences.length === 0
      ? ''
      : `<ul class="findings">${sentences.map((text) => `<li>${escapeHtml(text)}</li>`).join('')}</ul>`;
  return `<section><h2>Kernel counters</h2>${list}<details><summary>All counters that changed</summary>${table}</details></section>`;
}

function rowsOf(host: string, counters: Readonly<Record<string, number>> = {}): string[][] {
  return Object.entries(counters)
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, count]) => [host, name, formatCount(count)]);
}
