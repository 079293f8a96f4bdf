import type { CatalogEntry } from '../scenario/catalog.ts';
import { formatDuration, formatPlural } from './format.ts';
import { renderTable } from './table.ts';

const LEFT = (title: string) => ({ title, align: 'left' }) as const;

const NEEDS: Readonly<Record<CatalogEntry['needs'][number], string>> = {
  proxy: '--proxy',
  target: '--target',
  'proxy-or-target': '--proxy or --target',
};

/** The named scenarios as a table; broken ones say so where their description would stand. */
export function renderScenarios(entries: readonly CatalogEntry[], width: number): string {
  if (entries.length === 0) return 'There are no scenarios here.\n';
  const rows = entries.map((entry) => [
    entry.name,
    wordLength(entry),
    wordNeeds(entry),
    entry.problems.length > 0
      ? formatPlural(entry.problems.length, 'mistake', 'mistakes')
      : entry.description,
  ]);
  const columns = [LEFT('scenario'), LEFT('takes'), LEFT('needs'), LEFT('what it does')];
  return `${renderTable(columns, rows, width).join('\n')}\n`;
}

/** One scenario: what it is for, what it needs, its mistakes, and its file. */
export function renderScenario(entry: CatalogEntry, yaml: string): string {
  const facts = [
    ['file', entry.path],
    ['arms', entry.arms.join(', ')],
    ['takes', wordLength(entry)],
    ['needs', wordNeeds(entry) || 'nothing'],
  ].map(([label = '', value = '']) => `  ${label.padEnd(8)}${value}`);
  const head = [entry.description === '' ? entry.name : `${entry.name}: ${entry.description}`];
  const body = entry.problems.length > 0 ? entry.problems.map((problem) => `  ${problem}`) : facts;
  return `${[...head, ...body, '', yaml.trimEnd()].join('\n')}\n`;
}

function wordLength({ durationUs, problems }: CatalogEntry): string {
  if (problems.length > 0) return '-';
  return durationUs === undefined ? 'a fixed count' : formatDuration(durationUs);
}

function wordNeeds({ needs }: CatalogEntry): string {
  return needs.map((need) => NEEDS[need]).join(' ');
}
