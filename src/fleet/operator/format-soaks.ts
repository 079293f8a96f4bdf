import { formatDuration } from '../../render/format.ts';
import { type Column, renderTable } from '../../render/table.ts';
import type { ProbeSoak } from './soaks.ts';

const INDENT = '  ';

const COLUMNS: readonly Column[] = [
  ...['soak', 'probe', 'nights', 'for', 'next', 'last'].map((title) => ({ title, align: 'left' as const })),
];

/** Every soak that probes keep: when its next night begins, and what became of the last. */
export function formatSoaks(soaks: readonly ProbeSoak[], width: number): string {
  if (soaks.length === 0) return 'no probe keeps a soak\n';
  const rows = soaks.map(({ id, probe, isPresent, at, on, forUs, nextAtMs, last }) => [
    id,
    isPresent ? probe : `${probe} (away)`,
    on === null ? at : `${on} ${at}`,
    formatDuration(forUs),
    nextAtMs === null ? 'none' : `${new Date(nextAtMs).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    last === null ? 'none yet' : `${last.became}, ${last.run.slice(0, 'YYYYMMDD'.length)}`,
  ]);
  return renderTable(COLUMNS, rows, width - INDENT.length)
    .map((line) => `${INDENT}${line}\n`)
    .join('');
}
