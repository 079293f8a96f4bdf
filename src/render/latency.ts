import type { ArmSummary, Quantiles } from '../analysis/types.ts';
import { formatMicros } from './format.ts';
import { renderTable } from './table.ts';

const COLUMNS = ['p50', 'p90', 'p99', 'p99.9', 'max'] as const;
const TIMES = [
  ['handshakeUs', 'handshake'],
  ['firstByteUs', 'first byte'],
  ['totalUs', 'total'],
] as const;

/**
 * Latencies from the intended start and, where a quantile shown differs by a tenth and a millisecond or more, from
 * the actual one: the difference is the time that an attempt waited for this machine.
 */
export function renderLatency(arm: ArmSummary, room: number): string[] {
  const measured = TIMES.filter(([key]) => arm[key].count > 0);
  if (measured.length === 0) return [];
  const rows = measured.map(([key, name]) => [name, ...quantileCells(arm[key])]);
  const waited = measured.filter(([key]) => differs(arm[key], arm.service[key]));
  const serviceRows = waited.map(([key, name]) => [name, ...quantileCells(arm.service[key])]);
  const columns = COLUMNS.map((title) => ({ title, align: 'right' }) as const);
  return renderTable(
    [{ title: 'from intended start', align: 'left' }, ...columns],
    [...rows, ...(serviceRows.length > 0 ? [['from actual start'], ...serviceRows] : [])],
    room,
  );
}

const PHASES = [
  ['challengeUs', 'challenge'],
  ['tunnelUs', 'CONNECT'],
  ['tlsUs', 'TLS'],
  ['objectUs', 'object'],
  ['pageUs', 'page'],
] as const;

/** The phases between handshake and response, if there were any. */
export function renderPhases({ phases = {} }: ArmSummary, room: number): string[] {
  const rows = PHASES.flatMap(([key, name]) => {
    const quantiles = phases[key];
    return quantiles === undefined ? [] : [[name, ...quantileCells(quantiles)]];
  });
  if (rows.length === 0) return [];
  const columns = COLUMNS.map((title) => ({ title, align: 'right' }) as const);
  return renderTable([{ title: 'each by itself', align: 'left' }, ...columns], rows, room);
}

function quantileCells(quantiles: Quantiles): string[] {
  const { p50, p90, p99, p999, max } = quantiles;
  return [p50, p90, p99, p999, max].map(formatMicros);
}

function differs(intended: Quantiles, actual: Quantiles): boolean {
  return (['p50', 'p90', 'p99', 'p999', 'max'] as const).some(
    (key) => intended[key] - actual[key] >= 1_000 && intended[key] >= actual[key] * 1.1,
  );
}
