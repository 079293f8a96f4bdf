import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { quantilesOf } from '../../src/metrics/histogram.ts';
import type { RecordedSecond, SeriesCounts } from '../../src/metrics/types.ts';
import { openSinks, type SinkOptions } from '../../src/sinks/open.ts';
import { parseSink } from '../../src/sinks/spec.ts';
import type { Pace, RunIdentity, Sink } from '../../src/sinks/types.ts';
import { frameOf, histogramOf } from '../analysis/parts.ts';

export const RUN: RunIdentity = {
  runId: '20250131-060000-steady',
  scenario: 'steady',
  label: 'timer 1 s, "new"',
  engine: 'raw',
  host: 'probe',
};

/** As the real one, only that nobody waits for it long. */
export const QUICK: Pace = {
  batchSeconds: 5,
  batchLines: 5_000,
  batchSecondsAway: 5,
  requestTimeoutMs: 5_000,
  firstRetryMs: 40,
  longestRetryMs: 160,
  refusedRetryMs: 100,
};

/** The 120 seconds up to now: databases that keep a month only would drop older ones. */
export function startMs(): number {
  return Math.floor(Date.now() / 1_000) * 1_000 - 120_000;
}

/** So many seconds of an arm that loses some, its ramp in the first ten, and an arm that does well. */
export function recordSeconds(count: number, fromMs: number = startMs()): RecordedSecond[] {
  return Array.from({ length: count }, (_, second) => recordSecond(second, fromMs));
}

function recordSecond(second: number, fromMs: number): RecordedSecond {
  const frame = frameOf(second, {
    stress: stressed(100 + (second % 7), second),
    ...(second < 10 && { 'stress~ramp': { scheduled: second, started: second, completed: second } }),
    connect: { scheduled: 20, started: 20, established: 20, completed: 20, outcomes: { ok: 20 } },
  });
  const handshake = quantilesOf(histogramOf(80 + second, 200 + second, 1_000_000 + second * 1_000));
  return {
    atMs: fromMs + second * 1_000,
    frame: { ...frame, open: 3 + (second % 4) },
    quantiles: new Map([
      ['stress.handshake', handshake],
      ['lateness', quantilesOf(histogramOf(40, 1_700))],
    ]),
  };
}

/** In every ninth second an attempt of the second before turns out not to have been started. */
function stressed(due: number, second: number): Partial<SeriesCounts> {
  const [recovered, frozen, unsent] = [second % 3, second % 5 === 0 ? 1 : 0, second % 9 === 8 ? 1 : 0];
  const ok = due - recovered - frozen - unsent;
  return {
    ...{ scheduled: due, started: due - unsent, unsent, recovered, frozen },
    established: due - frozen - unsent,
    completed: ok,
    requests: ok,
    bytes: ok * 1_500,
    statuses: { 200: ok },
    requestRetransmits: { 0: ok - recovered, ...(recovered > 0 && { 1: recovered }) },
    outcomes: {
      ok,
      ...(frozen > 0 && { 'handshake-timeout': frozen }),
      ...(unsent > 0 && { 'local-port-exhausted': unsent }),
    },
  };
}

/** What a series counted in all. */
export function sum(
  seconds: readonly RecordedSecond[],
  series: string,
  of: (counts: SeriesCounts) => number,
): number {
  return seconds.reduce((total, { frame }) => {
    const counts = frame.series[series];
    return counts === undefined ? total : total + of(counts);
  }, 0);
}

/** A folder of its own for the present test. */
export function makeSpool(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-spool-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export interface Told {
  readonly lines: string[];
  /** Names of sinks that went away (-) and came back (+). */
  readonly turns: string[];
}

/** One sink, and what it tells. */
export async function openSink(
  url: string,
  options: Partial<SinkOptions> = {},
): Promise<{ sink: Sink; told: Told }> {
  const told: Told = { lines: [], turns: [] };
  const [sink] = await openSinks([parseSink(url)], {
    spoolRoot: options.spoolRoot ?? makeSpool(),
    secrets: {},
    pace: QUICK,
    say: (line) => told.lines.push(line),
    onAway: () => told.turns.push('-'),
    onBack: () => told.turns.push('+'),
    ...options,
  });
  if (sink === undefined) throw new Error(`no sink for ${url}`);
  return { sink, told };
}

/** Waits until something has happened; fails after 15 s. */
export async function happened(what: () => boolean | Promise<boolean>): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!(await what())) {
    if (performance.now() > deadline) throw new Error('it did not happen within 15 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
