import type { Summary } from '../../analysis/types.ts';
import { wilsonInterval } from '../../analysis/wilson.ts';
import { escapeControls } from '../../render/escape.ts';
import { formatCount, formatShare } from '../../render/format.ts';
import { type Column, renderTable } from '../../render/table.ts';
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

const INDENT = '  ';

const text = (title: string): Column => ({ title, align: 'left' });
const figure = (title: string): Column => ({ title, align: 'right' });

const OF_RUN: readonly Column[] = [
  ...[text('probe'), { ...text('labels'), gives: 'middle' as const }, text('status')],
  ...[figure('started'), figure('completed'), figure('stalled')],
  ...[text('stall rate (95 %)'), text('start')],
];

const OF_PROBES: readonly Column[] = [
  ...[text('probe'), { ...text('labels'), gives: 'middle' as const }, text('version')],
  ...[
    { ...text('machine'), gives: 'middle' as const, spare: 2 },
    { ...text('addresses'), gives: 'middle' as const, spare: 1 },
  ],
  ...[text('state'), text('seen')],
];

/** What became of a fleet's run: a line for each probe, and their sum. */
export function formatRun(run: FleetRun, parts: readonly ToldPart[], width: number): string {
  const told = parts.map((part) => ({
    part,
    sums: part.summary === undefined ? undefined : sumArms(part.summary),
  }));
  const rows = told.map(({ part, sums }) => [
    part.probe,
    formatLabels(part.labels),
    statusOf(part),
    ...formatSums(sums),
    part.skewMs === undefined ? '' : `${signed(part.skewMs)} +- ${(part.offset?.errorMs ?? 0).toFixed(1)} ms`,
  ]);
  const all = told.flatMap(({ sums }) => sums ?? []);
  const total: Sums = {
    started: all.reduce((sum, { started }) => sum + started, 0),
    stalled: all.reduce((sum, { stalled }) => sum + stalled, 0),
    completed: all.reduce((sum, { completed }) => sum + completed, 0),
  };
  const sum = [`${all.length} of ${parts.length}`, '', '', ...formatSums(total), ''];
  const trouble = parts.flatMap(formatTrouble).map((line) => `${escapeControls(line)}\n`);
  return `${run.id}\n\n${layOut(OF_RUN, [...rows, sum], width)}${trouble.length === 0 ? '' : '\n'}${trouble.join('')}`;
}

/** Every probe that the server knows. @param nowMs milliseconds since 1970 */
export function formatProbes(probes: readonly KnownProbe[], nowMs: number, width: number): string {
  const rows = probes.map((each) => [
    each.probe,
    formatLabels(each.labels),
    each.version,
    `${each.host.arch}, ${each.host.cpus} x ${each.host.cpu}`,
    each.host.addresses.filter((address) => !/^(127\.|::1$|fe80:)/.test(address)).join(' '),
    !each.isPresent ? 'away' : each.busy === null ? 'idle' : each.busy,
    `${Math.max(0, Math.round((nowMs - each.seenAtMs) / 1_000))} s ago`,
  ]);
  return layOut(OF_PROBES, rows, width);
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
  const rate =
    started === 0 ? '' : `${formatShare(stalled / started)} (${formatShare(low)} to ${formatShare(high)})`;
  return [...[started, completed, stalled].map(formatCount), rate];
}

function formatLabels(labels: Readonly<Record<string, string>>): string {
  return Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(' ');
}

function signed(ms: number): string {
  return `${ms < 0 ? '-' : '+'}${Math.abs(ms).toFixed(1)}`;
}

function layOut(columns: readonly Column[], rows: readonly (readonly string[])[], width: number): string {
  return renderTable(columns, rows, width - INDENT.length)
    .map((line) => `${INDENT}${line}\n`)
    .join('');
}
