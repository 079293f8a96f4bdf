import { escapeControls } from '../../render/escape.ts';
import { type Column, renderTable } from '../../render/table.ts';
import type { KnownProbe } from './read-probes.ts';

const INDENT = '  ';

const text = (title: string): Column => ({ title, align: 'left' });

const OF_PROBES: readonly Column[] = [
  ...[text('probe'), { ...text('labels'), gives: 'middle' as const }, text('version')],
  ...[
    { ...text('machine'), gives: 'middle' as const, spare: 2 },
    { ...text('addresses'), gives: 'middle' as const, spare: 1 },
  ],
  ...[text('state'), text('seen')],
];

/** Where the server knows no probe. */
export const NO_PROBE = 'no probe has connected yet; docs/fleet.md shows how to start one';

/** Every probe that the server knows. @param nowMs milliseconds since 1970 */
export function formatProbes(probes: readonly KnownProbe[], nowMs: number, width: number): string {
  if (probes.length === 0) return `${NO_PROBE}\n`;
  const rows = probes.map((each) => [
    each.probe,
    formatLabels(each.labels),
    each.version,
    `${each.host.arch}, ${each.host.cpus} x ${each.host.cpu}`,
    each.host.addresses.filter((address) => !/^(127\.|::1$|fe80:)/.test(address)).join(' '),
    stateOf(each),
    `${Math.max(0, Math.round((nowMs - each.seenAtMs) / 1_000))} s ago`,
  ]);
  const amiss = probes.flatMap((each) => each.checks.map((check) => formatCheck(each.probe, check)));
  return `${layOut(OF_PROBES, rows, width)}${amiss.length === 0 ? '' : '\n'}${amiss.join('')}`;
}

/** A line for what is amiss with a machine: its own words, harmless. */
function formatCheck(probe: string, { level, what, mend }: KnownProbe['checks'][number]): string {
  const line = `${probe}: ${level === 'fail' ? 'fails: ' : ''}${what}${mend === undefined ? '' : ` -- ${mend}`}`;
  return `${escapeControls(line)}\n`;
}

function stateOf({ isPresent, busy, waiting, checks }: KnownProbe): string {
  if (!isPresent) return 'away';
  if (busy !== null) return busy;
  if (checks.some(({ name, level }) => name === 'policy' && level === 'fail')) return 'takes no orders';
  return waiting.length === 0 ? 'idle' : `waits for ${waiting[0]}`;
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function layOut(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  return renderTable(columns, rows, width - INDENT.length)
    .map((line) => `${INDENT}${line}\n`)
    .join('');
}
