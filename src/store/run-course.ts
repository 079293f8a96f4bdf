import { join } from 'node:path';
import { outcomeKey } from '../analysis/compare/arm-figures.ts';
import { ArmCells } from '../analysis/compare/cells.ts';
import type { RunFacts } from '../analysis/compare/comparable.ts';
import { type TimeSample, TimeSampler } from '../analysis/compare/time-sample.ts';
import {
  type ArmCourse,
  COMPARED_QUANTILES,
  COMPARED_TIMES,
  type ComparedQuantile,
  type ComparedTime,
  type RunCourse,
} from '../analysis/compare/types.ts';
import type { Summary } from '../analysis/types.ts';
import { stalledOf, stepsOf } from '../metrics/counts.ts';
import { addEncoded } from '../metrics/encoded.ts';
import type { Frame, SeriesCounts, Timed } from '../metrics/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Arm } from '../scenario/types.ts';
import { FILES } from './files.ts';
import { eachLine } from './lines.ts';
import type { RunInfo } from './run-info.ts';
import { readRunInfo, readSummary } from './run-reader.ts';

/** Seconds of histograms that are decoded; of longer runs one in two, in three, and so on. */
const MAX_DECODED_SECONDS = 1_024;

const SECOND_US = 1_000_000;

/** What histograms are kept under for what summary.json calls them. */
const TIMED: Readonly<Record<ComparedTime, Timed>> = {
  handshakeUs: 'handshake',
  firstByteUs: 'firstByte',
  totalUs: 'total',
};

/**
 * Reads a run for a comparison: files are streamed, and what is kept of them is bounded whatever their length.
 * @throws UsageError where the folder holds no run
 */
export async function readRunCourse(dir: string): Promise<RunCourse> {
  const info = await readRunInfo(dir);
  const summary = await readSummary(dir);
  const { cells, lastSecond } = await readCells(dir, info.scenario.arms);
  const times = await readTimes(dir, summary, cells, lastSecond);
  const arms = info.scenario.arms.flatMap(({ name }): [string, ArmCourse][] => {
    const armSummary = summary.arms[name];
    const armCells = cells.get(name);
    if (armSummary === undefined || armCells === undefined) return [];
    return [[name, { summary: armSummary, cells: armCells, times: times.get(name) ?? new Map() }]];
  });
  return { facts: factsOf(info, summary), arms: new Map(arms) };
}

/** What is known of a run before its frames are read: enough to tell whether it may be compared. */
export async function readRunFacts(dir: string): Promise<RunFacts> {
  const info = await readRunInfo(dir);
  return factsOf(info, await readSummary(dir));
}

async function readCells(
  dir: string,
  arms: readonly Arm[],
): Promise<{ cells: Map<string, ArmCells>; lastSecond: number }> {
  const cells = new Map(arms.map(({ name }) => [name, new ArmCells()]));
  let lastSecond = -1;
  await eachLine(join(dir, FILES.frames), (bytes, start, end) => {
    const frame = JSON.parse(bytes.toString('utf8', start, end)) as Frame;
    lastSecond = Math.max(lastSecond, frame.second);
    for (const arm of arms) {
      const counts = frame.series[arm.name];
      if (counts !== undefined) addCounts(cells.get(arm.name)!, frame.second, counts, arm);
    }
  });
  return { cells, lastSecond };
}

function addCounts(cells: ArmCells, second: number, counts: SeriesCounts, arm: Arm): void {
  if (counts.scheduled > 0) cells.open(second);
  for (const key of ['scheduled', 'started', 'completed'] as const) cells.add(key, second, counts[key]);
  // Frames of an earlier version lack it.
  if (counts.requests !== undefined) cells.add('requests', second, counts.requests);
  if (arm.auth !== undefined) cells.add('concluded', second, counts.started - stepsOf(counts));
  let bySecond = 0;
  for (const [startedIn, stalled] of Object.entries(counts.stalledBySecond)) {
    cells.add('stalled', Number(startedIn), stalled);
    bySecond += stalled;
  }
  cells.add('stalled', second, stalledOf(counts) - bySecond);
  // Counted when a timeout ran out, it belongs to the second of the start: else a short run's beginning looks clean.
  const handshakeSec = Math.round(arm.handshakeTimeoutUs / SECOND_US);
  cells.add('frozen', second - handshakeSec, counts.frozen);
  for (const [outcome, count] of Object.entries(counts.outcomes) as [Outcome, number][]) {
    const late =
      outcome === 'handshake-timeout'
        ? handshakeSec
        : outcome === 'response-timeout'
          ? Math.round(arm.responseTimeoutUs / SECOND_US)
          : 0;
    cells.add(outcomeKey(outcome), second - late, count);
  }
}

interface Reading {
  readonly sampler: TimeSampler;
  readonly firstSecond: number;
  readonly stride: number;
  readonly length: number;
}

async function readTimes(
  dir: string,
  summary: Summary,
  cells: ReadonlyMap<string, ArmCells>,
  lastSecond: number,
): Promise<Map<string, Map<ComparedTime, TimeSample>>> {
  const readings = openReadings(summary, cells);
  await eachLine(join(dir, FILES.latency), (bytes, start, end) => {
    const tagEnd = bytes.indexOf(',', start);
    if (tagEnd < 0 || tagEnd > end) return;
    const reading = readings.get(bytes.toString('latin1', start, tagEnd));
    if (reading === undefined) return;
    const second = readWhole(bytes, tagEnd + 1);
    const { sampler, firstSecond, stride, length } = reading;
    const since = second - firstSecond;
    if (second > lastSecond || since < 0 || since % stride !== 0) return;
    // What ends after the last start belongs to the last second.
    if (stride > 1 && since >= length * stride) return;
    sampler.moveTo(Math.min(length - 1, since / stride));
    try {
      addEncoded(sampler, bytes.toString('latin1', bytes.lastIndexOf(',', end - 1) + 1, end));
    } catch {
      // Torn, as the frame of that second.
    }
  });
  const byArm = new Map<string, Map<ComparedTime, TimeSample>>();
  for (const name of cells.keys()) {
    const samples = COMPARED_TIMES.flatMap((time): [ComparedTime, TimeSample][] => {
      const reading = readings.get(tagOf(name, time));
      if (reading === undefined) return [];
      reading.sampler.moveTo(reading.length - 1);
      return [[time, reading.sampler.finish(reading.stride)]];
    });
    byArm.set(name, new Map(samples));
  }
  return byArm;
}

/** By the beginning of the line that each is fed from. Times that were not measured have none. */
function openReadings(summary: Summary, cells: ReadonlyMap<string, ArmCells>): Map<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const [name, armCells] of cells) {
    const { firstSecond, seconds } = armCells;
    if (seconds === 0) continue;
    const stride = Math.ceil(seconds / MAX_DECODED_SECONDS);
    for (const time of COMPARED_TIMES) {
      const quantiles = summary.arms[name]?.[time];
      if (quantiles === undefined || quantiles.count === 0) continue;
      const bounds = (Object.keys(COMPARED_QUANTILES) as ComparedQuantile[]).map(
        (quantile) => [quantile, quantiles[quantile]] as const,
      );
      const sampler = new TimeSampler(new Map(bounds));
      readings.set(tagOf(name, time), { sampler, firstSecond, stride, length: Math.ceil(seconds / stride) });
    }
  }
  return readings;
}

function tagOf(arm: string, time: ComparedTime): string {
  return `Tag=${arm}.${TIMED[time]}`;
}

/** A whole number in ASCII, up to the first other character. */
function readWhole(bytes: Buffer, start: number): number {
  let value = 0;
  for (let at = start; ; at += 1) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}

function factsOf(info: RunInfo, summary: Summary): RunFacts {
  return {
    run: summary.run,
    scenario: info.scenario,
    workers: info.workers,
    versions: info.versions,
    host: readHost(info.host),
    generatorLimited: summary.verdict.generatorLimited,
    reasons: summary.verdict.generatorLimited ? summary.verdict.reasons : [],
  };
}

/** Facts about the machine that bear on what it measures: run.json of another version may lack some. */
function readHost(host: unknown): Record<string, string> {
  const facts: Record<string, string> = {};
  if (!isObject(host)) return facts;
  if (typeof host['kernel'] === 'string') facts['kernel'] = host['kernel'];
  if (isObject(host['cpus'])) facts['CPU'] = `${host['cpus']['count']} x ${host['cpus']['model']}`;
  if (isObject(host['sysctls'])) {
    for (const [name, value] of Object.entries(host['sysctls'])) facts[name] = String(value);
  }
  return facts;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}
