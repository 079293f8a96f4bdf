import { join } from 'node:path';
import type { ArmSummary } from '../../analysis/types.ts';
import { COUNTERS, measuredResentOf, resentOf, stalledOf } from '../../metrics/counts.ts';
import { setAsideSeries } from '../../metrics/set-aside.ts';
import { listStatuses } from '../../metrics/statuses.ts';
import type { SeriesCounts, Stall } from '../../metrics/types.ts';
import { CUTS } from '../../outcome/cut.ts';
import { OUTCOMES } from '../../outcome/outcome.ts';
import { FILES } from '../../store/files.ts';
import { isStallLine } from '../../store/frame-schema.ts';
import { eachLine } from '../../store/lines.ts';
import { readFrames, readRunInfo } from '../../store/read-info.ts';
import { parseLine } from '../../store/read-lines.ts';
import { CommittedRange, framesOf } from '../../store/run-frames.ts';
import { eachInterval } from '../../store/run-intervals.ts';
import { isTouched, readEvents } from '../../store/session-events.ts';
import { readSummary } from '../summary.ts';

export const TABLES = ['frames', 'arms', 'statuses', 'stalls', 'latency'] as const;
export type Table = (typeof TABLES)[number];

export type Cell = string | number | boolean | null;

/** Every row of a table has the same keys in the same order; docs/results.md lists them. */
export type Row = Readonly<Record<string, Cell>>;

/**
 * The rows of one table of a run, as they are read.
 * @throws UsageError where the folder holds no run
 */
export function readRows(dir: string, table: Table): AsyncGenerator<Row> {
  switch (table) {
    case 'frames':
      return readFrameRows(dir);
    case 'arms':
      return readArmRows(dir);
    case 'statuses':
      return readStatusRows(dir);
    case 'stalls':
      return readStallRows(dir);
    case 'latency':
      return readLatencyRows(dir);
  }
}

/** Columns of a table that may have no rows; undefined where each run's own arms give them. */
export function columnsOf(table: Table): readonly string[] | undefined {
  switch (table) {
    case 'frames':
      return [...FRAME_COLUMNS, ...OUTCOME_COLUMNS];
    case 'arms':
      return undefined;
    case 'statuses':
      return STATUS_COLUMNS;
    case 'stalls':
      return STALL_COLUMNS;
    case 'latency':
      return LATENCY_COLUMNS;
  }
}

const RESENT_COLUMNS = ['requestsResent', 'requestsResentMeasured'];
const FRAME_COLUMNS = ['second', 'at', 'series', 'open', ...COUNTERS, 'stalled', ...RESENT_COLUMNS];
const OUTCOME_COLUMNS = OUTCOMES.map((outcome) => `outcomes.${outcome}`);
const STATUS_COLUMNS = ['second', 'at', 'series', 'to', 'status', 'count'];
const STALL_COLUMNS = [
  'at',
  'series',
  'atUs',
  'handshakeUs',
  'synRetransmits',
  'fate',
  'endpoint',
  'source',
  'reuseAgeMs',
  'sourceReuseAgeMs',
];
const LATENCY_COLUMNS = ['series', 'time', 'us', 'count', 'share'];

async function* readFrameRows(dir: string): AsyncGenerator<Row> {
  const { startedAt } = await readRunInfo(dir);
  for await (const { second, series, open } of readFrames(dir)) {
    for (const [name, counts] of Object.entries(series)) {
      yield {
        second,
        at: momentOf(startedAt, second * 1_000),
        series: name,
        open,
        ...Object.fromEntries(COUNTERS.map((key) => [key, counts[key] ?? 0])),
        stalled: stalledOf(counts),
        ...resentCells(counts),
        ...Object.fromEntries(
          OUTCOMES.map((outcome) => [`outcomes.${outcome}`, counts.outcomes[outcome] ?? 0]),
        ),
      };
    }
  }
}

/** A figure that was not measured is not 0. */
function resentCells(counts: SeriesCounts): Row {
  const measured = measuredResentOf(counts);
  return {
    requestsResent: measured === 0 ? null : resentOf(counts),
    requestsResentMeasured: measured,
  };
}

/** Counts by keys that differ from run to run have no columns; summary.json has them. */
const KEYED_BY_DATA = [
  'endpoints',
  'synRetransmits',
  'requestRetransmits',
  'outcomes',
  'schemesOffered',
  'refusals',
  'errorNames',
  'unmetContent',
  'cuts',
  'ramp',
  'onset',
  'stallSteps',
];

async function* readArmRows(dir: string): AsyncGenerator<Row> {
  const { run, arms } = await readSummary(dir);
  const rows = Object.entries(arms).map(([arm, figures]): Row => {
    const { ci95 } = figures.stalled;
    return {
      run: run.id,
      label: run.label,
      arm,
      ...flatten(figures),
      'stalled.ci95.low': ci95[0],
      'stalled.ci95.high': ci95[1],
      ...resentInterval(figures.requestsResent),
      ...Object.fromEntries(
        OUTCOMES.map((outcome) => [`outcomes.${outcome}`, figures.outcomes[outcome] ?? 0]),
      ),
      // Runs of an earlier version did not record it.
      ...Object.fromEntries(
        CUTS.map((how) => [`cuts.${how}`, figures.cuts === undefined ? null : (figures.cuts[how] ?? 0)]),
      ),
    };
  });
  // One arm may have figures that another lacks, such as the phases of a tunnel: each has a column for all of them.
  const empty = Object.fromEntries(rows.flatMap((row) => Object.keys(row).map((key) => [key, null])));
  for (const row of rows) yield { ...empty, ...zeroStatuses(row, empty), ...row };
}

function resentInterval(resent: ArmSummary['requestsResent']): Row {
  if (resent === undefined) return {};
  const [low, high] = resent.ci95;
  return { 'requestsResent.ci95.low': low, 'requestsResent.ci95.high': high };
}

/** A status that did not occur in an arm is 0, provided that statuses were counted. */
function zeroStatuses(row: Row, columns: Row): Row {
  const counted = Object.keys(columns).filter((key) => STATUS_FIGURE.test(key));
  return counted.some((key) => key in row) ? Object.fromEntries(counted.map((key) => [key, 0])) : {};
}

const STATUS_FIGURE = /^(statuses|tunnelStatuses)\./;

/** Every figure below, under its path in summary.json. */
function flatten(value: object, path = ''): Record<string, Cell> {
  const cells: Record<string, Cell> = {};
  for (const [key, inner] of Object.entries(value) as [string, unknown][]) {
    if (path === '' && KEYED_BY_DATA.includes(key)) continue;
    if (typeof inner === 'number') cells[`${path}${key}`] = inner;
    else if (typeof inner === 'object' && inner !== null && !Array.isArray(inner)) {
      Object.assign(cells, flatten(inner, `${path}${key}.`));
    }
  }
  return cells;
}

/**
 * One row for each status that occurred in a second: which ones will occur is not known beforehand, so they cannot be
 * columns.
 */
async function* readStatusRows(dir: string): AsyncGenerator<Row> {
  const { startedAt } = await readRunInfo(dir);
  for await (const { second, series } of readFrames(dir)) {
    const at = momentOf(startedAt, second * 1_000);
    for (const [name, { statuses, tunnelStatuses }] of Object.entries(series)) {
      for (const [status, count] of listStatuses(statuses))
        yield { second, at, series: name, to: 'request', status, count };
      for (const [status, count] of listStatuses(tunnelStatuses))
        yield { second, at, series: name, to: 'connect', status, count };
    }
  }
}

async function* readStallRows(dir: string): AsyncGenerator<Row> {
  const { startedAt, session } = await readRunInfo(dir);
  // A soak's stalls were judged before they were written.
  const events = session === undefined ? [] : await readEvents(dir);
  const stalls: Stall[] = [];
  // A run keeps ten thousand of them at most.
  await eachLine(join(dir, FILES.stalls), (bytes, start, end) => {
    const stall = parseLine(bytes.toString('utf8', start, end), isStallLine);
    if (stall !== undefined) stalls.push(stall);
  });
  for (const stall of stalls) {
    const { atUs, handshakeUs, synRetransmits, fate, endpoint, source } = stall;
    const outSec = Math.floor((atUs + handshakeUs) / 1_000_000);
    const aside = isTouched(outSec, events, session?.settleSec ?? 0);
    const series = aside ? setAsideSeries(stall.series) : stall.series;
    const { reuseAgeMs, sourceReuseAgeMs } = stall;
    const at = momentOf(startedAt, atUs / 1_000);
    yield {
      ...{ at, series, atUs, handshakeUs, synRetransmits, fate, endpoint, source },
      ...{ reuseAgeMs, sourceReuseAgeMs },
    };
  }
}

/** Every recorded value of the whole run: enough to draw the distribution or compute any quantile. */
async function* readLatencyRows(dir: string): AsyncGenerator<Row> {
  for (const [tag, byValue] of await readValues(dir)) {
    const dot = tag.lastIndexOf('.');
    const total = [...byValue.values()].reduce((sum, count) => sum + count, 0);
    let soFar = 0;
    for (const [us, count] of [...byValue].sort(([a], [b]) => a - b)) {
      soFar += count;
      yield {
        series: tag.slice(0, Math.max(0, dot)),
        time: tag.slice(dot + 1),
        us,
        count,
        share: soFar / total,
      };
    }
  }
}

/** How often each value was recorded, by tag. */
async function readValues(dir: string): Promise<Map<string, Map<number, number>>> {
  const reach = new CommittedRange();
  for await (const _ of framesOf(dir, await readRunInfo(dir), reach));
  const counts = new Map<string, Map<number, number>>();
  await eachInterval(dir, reach, ({ tag, addTo }) => {
    const byValue = counts.get(tag) ?? new Map<number, number>();
    addTo({
      recordValueWithCount(us, count) {
        if (count > 0) byValue.set(us, (byValue.get(us) ?? 0) + count);
      },
    });
    if (byValue.size > 0) counts.set(tag, byValue);
  });
  return counts;
}

function momentOf(startedAt: string, afterMs: number): string {
  return new Date(Date.parse(startedAt) + afterMs).toISOString();
}
