import type { CatalogEntry } from '../scenario/catalog.ts';
import { formatDuration, formatPlural } from './format.ts';
import { renderTable } from './table.ts';
import { renderLabelled, wrap, wrapHanging } from './wrap.ts';

const LEFT = (title: string) => ({ title, align: 'left' }) as const;

const NEEDS: Readonly<Record<CatalogEntry['needs'][number], string>> = {
  proxy: '--proxy',
  target: '--target',
  'proxy-or-target': '--proxy or --target',
};

/** The named scenarios as a table; invalid ones show the error instead of a description. */
export function renderScenarios(entries: readonly CatalogEntry[], width: number): string {
  if (entries.length === 0) return 'There are no scenarios here.\n';
  const rows = entries.map((entry) => [
    entry.name,
    formatLength(entry),
    formatNeeds(entry),
    entry.problems.length > 0
      ? formatPlural(entry.problems.length, 'mistake', 'mistakes')
      : entry.description,
  ]);
  const columns = [
    LEFT('scenario'),
    LEFT('takes'),
    LEFT('needs'),
    // In a narrower column, the sentence goes below the row.
    { ...LEFT('description'), gives: 'words', least: 40 } as const,
  ];
  return `${renderTable(columns, rows, width).join('\n')}\n`;
}

/** One scenario: purpose, requirements, errors, and file. */
export function renderScenario(entry: CatalogEntry, yaml: string, width = Number.POSITIVE_INFINITY): string {
  const facts = [
    ['file', entry.path],
    ['arms', entry.arms.join(', ')],
    ['takes', formatLength(entry)],
    ['needs', formatNeeds(entry) || 'nothing'],
  ].flatMap(([label = '', value = '']) =>
    // A path is for copying, so it is never wrapped.
    renderLabelled(`  ${label}`, value, width, 10),
  );
  const head = wrap(entry.description === '' ? entry.name : `${entry.name}: ${entry.description}`, width);
  const body =
    entry.problems.length > 0
      ? entry.problems.flatMap((problem) => wrapHanging(problem, width - 2, 2).map((line) => `  ${line}`))
      : facts;
  return `${[...head, ...body, '', yaml.trimEnd()].join('\n')}\n`;
}

function formatLength({ durationUs, problems }: CatalogEntry): string {
  if (problems.length > 0) return '-';
  return durationUs === undefined ? 'a fixed count' : formatDuration(durationUs);
}

function formatNeeds({ needs }: CatalogEntry): string {
  return needs.map((need) => NEEDS[need]).join(' ');
}
