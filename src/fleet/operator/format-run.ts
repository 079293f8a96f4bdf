import { groupThousands } from '../../analysis/group-digits.ts';
import type { Summary } from '../../analysis/types.ts';
import { wilsonInterval } from '../../analysis/wilson.ts';
import type { FleetRun, ProbePart } from './fleet-run.ts';
import type { KnownProbe } from './read-probes.ts';

/** One probe of a run that was followed: its part, and the figures of its folder. */
export interface ToldPart extends ProbePart {
  /** Undefined if it has none. */
  readonly summary?: Summary;
}

interface Sums {
  readonly started: number;
  readonly stalled: number;
  readonly completed: number;
}

/** What became of a fleet's run: a line for each probe, and their sum. */
export function formatRun(run: FleetRun, parts: readonly ToldPart[]): string {
  const told = parts.map((part) => ({
    part,
    sums: part.summary === undefined ? undefined : sumArms(part.summary),
  }));
  const rows = told.map(({ part, sums }) => [
    part.probe,
    formatLabels(part.labels),
    statusOf(part),
    ...formatSums(sums),
    part.skewMs === undefined ? '' : `${signed(part.skewMs)} ± ${(part.offset?.errorMs ?? 0).toFixed(1)} ms`,
  ]);
  const all = told.flatMap(({ sums }) => sums ?? []);
  const total: Sums = {
    started: all.reduce((sum, { started }) => sum + started, 0),
    stalled: all.reduce((sum, { stalled }) => sum + stalled, 0),
    completed: all.reduce((sum, { completed }) => sum + completed, 0),
  };
  const head = ['probe', 'labels', 'status', 'started', 'completed', 'stalled', 'stall rate (95 %)', 'start'];
  const sum = [`${all.length} of ${parts.length}`, '', '', ...formatSums(total), ''];
  const trouble = parts.flatMap(formatTrouble).map((line) => `${line}\n`);
  return `${run.id}\n\n${formatTable([head, ...rows, sum])}${trouble.length === 0 ? '' : '\n'}${trouble.join('')}`;
}

/** Every probe that the server knows. @param nowMs milliseconds since 1970 */
export function formatProbes(probes: readonly KnownProbe[], nowMs: number): string {
  const head = ['probe', 'labels', 'version', 'machine', 'addresses', 'state', 'seen'];
  const rows = probes.map((each) => [
    each.probe,
    formatLabels(each.labels),
    each.version,
    `${each.host.arch}, ${each.host.cpus} × ${each.host.cpu}`,
    each.host.addresses.filter((address) => !/^(127\.|::1$|fe80:)/.test(address)).join(' '),
    !each.isPresent ? 'away' : each.busy === null ? 'idle' : each.busy,
    `${Math.max(0, Math.round((nowMs - each.seenAtMs) / 1_000))} s ago`,
  ]);
  return formatTable([head, ...rows]);
}

/** Exit codes follow it: whether any probe has something to tell beyond its figures. */
export function hasTrouble(parts: readonly ProbePart[]): boolean {
  return parts.some((part) => formatTrouble(part).length > 0);
}

function statusOf({ events }: ProbePart): string {
  const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused') ?? events.at(-1);
  if (last === undefined) return 'no answer';
  return last.kind === 'ended' ? last.status : last.kind;
}

function formatTrouble({ probe, events, copy }: ProbePart): string[] {
  const last = events.find(({ kind }) => kind === 'ended' || kind === 'refused');
  return [
    ...(last === undefined ? [`${probe}: has not told how it ended`] : []),
    ...(last?.kind === 'refused' ? last.reasons.map((reason) => `${probe} refused: ${reason}`) : []),
    ...(last?.kind === 'ended' && last.status !== 'complete'
      ? [`${probe}: ${last.status}${last.why === undefined ? '' : ` (${last.why})`}`]
      : []),
    ...(copy === undefined || copy.hasEnded ? [] : [`${probe}: its folder has not arrived whole yet`]),
    ...(copy?.missing ?? []).map(
      ({ file, fromByte, toByte }) => `${probe}: bytes ${fromByte} to ${toByte} of ${file} are missing`,
    ),
    ...(copy?.differing ?? []).map((file) => `${probe}: ${file} differs from what the probe has`),
  ];
}

function sumArms({ arms }: Summary): Sums {
  const all = Object.values(arms);
  return {
    started: all.reduce((sum, { started }) => sum + started, 0),
    completed: all.reduce((sum, { completed }) => sum + completed, 0),
    stalled: all.reduce((sum, { stalled }) => sum + stalled.count, 0),
  };
}

function formatSums(sums: Sums | undefined): string[] {
  if (sums === undefined) return ['', '', '', ''];
  const { started, stalled, completed } = sums;
  const [low, high] = wilsonInterval(stalled, started);
  const percent = (share: number): string => `${(share * 100).toFixed(2)} %`;
  const rate = started === 0 ? '' : `${percent(stalled / started)} (${percent(low)} to ${percent(high)})`;
  return [...[started, completed, stalled].map((count) => groupThousands(String(count))), rate];
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms).toFixed(1)}`;
}

function formatTable(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows
    .map((row) => `  ${row.map((cell, column) => cell.padEnd(widths[column]!)).join('  ')}`.trimEnd())
    .join('\n')
    .concat('\n');
}
