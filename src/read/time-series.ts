import { resolve } from 'node:path';
import {
  answersKey,
  OFFERS,
  outcomeKey,
  RESENT_KEYS,
  STATUS_COUNTS,
} from '../analysis/compare/arm-figures.ts';
import { ArmCells } from '../analysis/compare/cells.ts';
import type { RunFacts } from '../analysis/compare/comparable.ts';
import { type TimeSample, TimeSampler } from '../analysis/compare/time-sample.ts';
import {
  type ArmTimeSeries,
  COMPARED_QUANTILES,
  COMPARED_TIMES,
  type ComparedQuantile,
  type ComparedTime,
  type RunTimeSeries,
} from '../analysis/compare/types.ts';
import type { Summary } from '../analysis/types.ts';
import { measuredResentOf, resentOf, stalledOf, stepsOf } from '../metrics/counts.ts';
import type { SeriesCounts, Timed } from '../metrics/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Arm, Scenario } from '../scenario/types.ts';
import { readRunInfo } from '../store/read-info.ts';
import { CommittedRange, framesOf } from '../store/run-frames.ts';
import type { RunInfo } from '../store/run-info.ts';
import { eachInterval, sumIntervals } from '../store/run-intervals.ts';
import { addBrowsing } from './browsing-cells.ts';
import { readFirewallView } from './firewall-view.ts';
import { nameOfFolder } from './folder-name.ts';
import { SessionSums } from './session-sums.ts';
import { readStoredSummary, readSummary, summariseSums } from './summary.ts';

/** Seconds, or windows, of histograms that are decoded; of longer runs one in two, in three, and so on. */
const MAX_DECODED = 1_024;

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
export async function readRunTimeSeries(dir: string): Promise<RunTimeSeries> {
  const info = await readRunInfo(dir);
  const counted = await readCounted(dir, info);
  const times = await readTimes(dir, info, counted);
  const firewall = await readFirewallView(dir);
  return {
    ...{ facts: factsOf(dir, info, counted.summary), arms: joinArms(info, counted, times) },
    ...(firewall === undefined ? {} : { firewall }),
  };
}

/** A run as its summary and its counts over time have it, without its times, which take longest to read. */
export interface CountedRun {
  readonly scenario: Scenario;
  readonly summary: Summary;
  readonly arms: ReadonlyMap<string, ArmTimeSeries>;
  /** Seconds that frames.jsonl has; undefined: it is a soak. */
  readonly recordedSec: number | undefined;
  /** How long it is to last if it is a soak, microseconds. */
  readonly soakUs: number | undefined;
}

/** @throws UsageError where the folder holds no run */
export async function readRunCounts(dir: string): Promise<CountedRun> {
  const info = await readRunInfo(dir);
  const counted = await readCounted(dir, info);
  return {
    ...{ scenario: info.scenario, summary: counted.summary },
    arms: joinArms(info, counted, new Map()),
    recordedSec: info.soak === undefined ? counted.reach.lines : undefined,
    soakUs: info.soak?.forUs,
  };
}

async function readCounted(dir: string, info: RunInfo): Promise<Counted> {
  const stored = await readStoredSummary(dir);
  // Without one, or of a version that did not diagnose, it is made of the same frames.
  const whole = stored?.diagnosis?.ill === undefined ? new SessionSums(info) : undefined;
  const { cells, reach } = await readCells(dir, info, whole);
  whole?.addWindows(reach.lines, await sumIntervals(dir, reach));
  return { summary: await completeSummary(dir, info, stored, whole), cells, reach };
}

function joinArms(
  { scenario }: RunInfo,
  { summary, cells }: Counted,
  times: ReadonlyMap<string, ArmTimeSeries['times']>,
): Map<string, ArmTimeSeries> {
  return new Map(
    scenario.arms.flatMap((arm): [string, ArmTimeSeries][] => {
      const { name } = arm;
      const armSummary = summary.arms[name];
      const armCells = cells.get(name);
      if (armSummary === undefined || armCells === undefined) return [];
      const shared = { summary: armSummary, cells: armCells, times: times.get(name) ?? new Map() };
      return [[name, { ...shared, ownStatuses: ownStatusesOf(arm) }]];
    }),
  );
}

/** @param whole its sums, where the stored summary lacks anything */
async function completeSummary(
  dir: string,
  info: RunInfo,
  stored: Summary | undefined,
  whole: SessionSums | undefined,
): Promise<Summary> {
  const made = whole === undefined ? undefined : await summariseSums(dir, info, whole);
  if (stored === undefined) return made!;
  return { ...stored, ...(made?.diagnosis === undefined ? {} : { diagnosis: made.diagnosis }) };
}

/** What is known of a run before its frames are read: enough to decide whether it may be compared. */
export async function readRunFacts(dir: string): Promise<RunFacts> {
  const info = await readRunInfo(dir);
  return factsOf(dir, info, await readSummary(dir));
}

async function readCells(
  dir: string,
  info: RunInfo,
  sums?: SessionSums,
): Promise<{ cells: Map<string, ArmCells>; reach: CommittedRange }> {
  const { arms } = info.scenario;
  const cells = new Map(arms.map(({ name }) => [name, new ArmCells()]));
  const reach = new CommittedRange();
  for await (const frame of framesOf(dir, info, reach)) {
    sums?.addFrame(frame);
    for (const arm of arms) {
      const counts = frame.series[arm.name];
      if (counts !== undefined) addCounts(cells.get(arm.name)!, frame.second, counts, arm);
    }
  }
  return { cells, reach };
}

function addCounts(cells: ArmCells, second: number, counts: SeriesCounts, arm: Arm): void {
  if (counts.scheduled > 0) cells.open(second);
  for (const key of ['scheduled', 'started', 'completed'] as const) cells.add(key, second, counts[key]);
  // Frames of an earlier version lack it.
  if (counts.requests !== undefined) cells.add('requests', second, counts.requests);
  addBrowsing(cells, second, counts);
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
  const measured = measuredResentOf(counts);
  if (measured > 0) {
    cells.add(RESENT_KEYS.measured, second, measured);
    cells.add(RESENT_KEYS.count, second, resentOf(counts));
  }
  for (const [schemes, count] of Object.entries(counts.schemesOffered ?? {}))
    cells.add(`${OFFERS}${schemes}`, second, count);
  for (const name of STATUS_COUNTS) {
    for (const [status, count] of Object.entries(counts[name] ?? {})) {
      cells.add(`${name}.${status}`, second, count);
      cells.add(answersKey(name), second, count);
    }
  }
}

/** Statuses that are as they should be. */
function ownStatusesOf({ expect, auth }: Arm): number[] {
  const expected = expect.kind === 'status' ? expect.statuses : [];
  if (auth === undefined) return [...expected];
  return [...expected, auth.to === 'origin' ? 401 : 407];
}

interface Reading {
  readonly sampler: TimeSampler;
  /** Of the intervals, counted from the run's start. */
  readonly first: number;
  readonly stride: number;
  readonly length: number;
}

interface Counted {
  readonly summary: Summary;
  readonly cells: ReadonlyMap<string, ArmCells>;
  readonly reach: CommittedRange;
}

/**
 * Times by the second; of a soak by the window, as histograms of single seconds are not kept: seconds that no window has
 * taken up yet, and windows that a kill cut short, are put together into whole ones.
 */
async function readTimes(
  dir: string,
  { soak }: RunInfo,
  { summary, cells, reach }: Counted,
): Promise<Map<string, Map<ComparedTime, TimeSample>>> {
  const intervalSec = soak?.windowSec ?? 1;
  const readings = openReadings(summary, cells, intervalSec);
  await eachInterval(dir, reach, ({ tag, second, addTo }) => {
    const reading = readings.get(tag);
    if (reading === undefined) return;
    const { sampler, first, stride, length } = reading;
    const since = Math.floor(second / intervalSec) - first;
    if (since < 0 || since % stride !== 0) return;
    // What ends after the last start belongs to the last interval.
    if (stride > 1 && since >= length * stride) return;
    sampler.moveTo(Math.min(length - 1, since / stride));
    addTo(sampler);
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

/** By the tag that each is fed from. Times that were not measured have none. */
function openReadings(
  summary: Summary,
  cells: ReadonlyMap<string, ArmCells>,
  intervalSec: number,
): Map<string, Reading> {
  const readings = new Map<string, Reading>();
  for (const [name, { firstSecond, seconds }] of cells) {
    if (seconds === 0) continue;
    const first = Math.floor(firstSecond / intervalSec);
    const intervals = Math.floor((firstSecond + seconds - 1) / intervalSec) - first + 1;
    const stride = Math.ceil(intervals / MAX_DECODED);
    for (const time of COMPARED_TIMES) {
      const quantiles = summary.arms[name]?.[time];
      if (quantiles === undefined || quantiles.count === 0) continue;
      const bounds = (Object.keys(COMPARED_QUANTILES) as ComparedQuantile[]).map(
        (quantile) => [quantile, quantiles[quantile]] as const,
      );
      const sampler = new TimeSampler(new Map(bounds));
      readings.set(tagOf(name, time), { sampler, first, stride, length: Math.ceil(intervals / stride) });
    }
  }
  return readings;
}

function tagOf(arm: string, time: ComparedTime): string {
  return `${arm}.${TIMED[time]}`;
}

function factsOf(dir: string, info: RunInfo, summary: Summary): RunFacts {
  return {
    folder: resolve(dir),
    name: nameOfFolder(dir, summary.run.id),
    run: summary.run,
    scenario: info.scenario,
    workers: info.workers,
    versions: info.versions,
    host: readHost(info.host),
    generatorLimited: summary.verdict.generatorLimited,
    reasons: summary.verdict.generatorLimited ? summary.verdict.reasons : [],
    ...(summary.diagnosis === undefined ? {} : { diagnosis: summary.diagnosis }),
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
