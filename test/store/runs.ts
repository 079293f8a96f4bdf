import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunStatus, Summary } from '../../src/analysis/types.ts';
import type { RushhourError } from '../../src/errors.ts';
import { encodeHistogram, type Histogram } from '../../src/metrics/histogram.ts';
import type { EncodedHistogram } from '../../src/metrics/merge.ts';
import type { Recorder } from '../../src/metrics/recorder.ts';
import { SessionSums } from '../../src/read/session-sums.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { EventLog } from '../../src/session/event-log.ts';
import { SecondAggregator } from '../../src/session/load/second-aggregator.ts';
import { whyNotKept } from '../../src/session/loss.ts';
import { Recorder as SessionRecorder } from '../../src/session/recorder.ts';
import { createSession, type RunFacts } from '../../src/store/session-create.ts';
import type { SessionWriter } from '../../src/store/session-writer.ts';
import type { FromWorker } from '../../src/worker/protocol.ts';
import { scenarioOf } from '../analysis/parts.ts';
import { play, recorderOf, recordOf, refusedLocally, unestablished } from '../metrics/attempts.ts';

/** A folder of its own for the present test. */
export function makeFolder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-store-'));
  onTestFinished(() => rm(dir, { recursive: true, force: true }));
  return dir;
}

export function factsOf(changes: Partial<RunFacts> = {}): RunFacts {
  return {
    scenario: scenarioOf(),
    label: '',
    startedAt: '2025-01-31T06:00:00.250Z',
    engine: 'raw',
    stallsByTcpInfo: true,
    workers: 1,
    endpoints: { stress: ['10.0.0.1:3128', '10.0.0.2:3128'] },
    command: ['rushhour', 'run', 'test'],
    versions: { rushhour: '0.1.0', node: '20.19.0' },
    host: { platform: 'linux' },
    ...changes,
  };
}

/** A run under way, until the present test is over. A failure to write fails the test. */
export async function openRun(dir: string, changes: Partial<RunFacts> = {}): Promise<SessionWriter> {
  const writer = await createSession(dir, factsOf(changes), fail);
  onTestFinished(async () =>
    writer.finish(await rebuildSummary(writer.dir), 'failed', writer.info.startedAt),
  );
  return writer;
}

function fail(message: string): never {
  throw new Error(message);
}

/** A second of {@link recordRun}: nine attempts, of which one stalls, one fails and one is never sent, and a ramp's. */
export function playSecond(recorder: Recorder, second: number): void {
  const at = second * 1_000_000;
  for (let index = 0; index < 6; index += 1) {
    const establishedAtUs = at + index * 1_000 + 300 + index * 17 + second * 1_111;
    play(recorder, recordOf({ startedAtUs: at + index * 1_000, establishedAtUs, endpoint: index % 2 }));
  }
  const stall = { startedAtUs: at + 700_000, synRetransmits: 1 };
  play(recorder, recordOf({ ...stall, establishedAtUs: at + 1_750_000, endedAtUs: at + 1_760_000 }));
  play(recorder, unestablished({ ...stall, startedAtUs: at + 800_000, handshakeUs: 500, cause: 'errno' }));
  play(recorder, refusedLocally('EADDRNOTAVAIL', { startedAtUs: at + 900_000 }));
  play(recorder, recordOf({ startedAtUs: at }), true);
}

/** Executes a run of so many seconds as the run room does, but for its load, and gives its folder and summary. */
export async function recordRun(
  resultsDir: string,
  seconds: number,
  changes: Partial<RunFacts> = {},
  status: RunStatus = 'complete',
): Promise<{ dir: string; id: string; summary: Summary }> {
  const writer = await createSession(resultsDir, factsOf(changes), fail);
  const recording = recordInto(writer);
  const recorder = recorderOf();
  for (let second = 0; second < seconds; second += 1) {
    playSecond(recorder, second);
    recording.receive({ kind: 'frame', shard: 0, ...recorder.takeFrame(second, 0) });
  }
  recording.receive({ kind: 'done', shard: 0 });
  const { summary, unkept } = await recording.finish(status);
  if (unkept !== undefined) throw unkept;
  return { dir: writer.dir, id: writer.info.id, summary };
}

/** What a run's shards report, recorded as the session room does. */
export function recordInto(writer: SessionWriter): {
  receive(message: FromWorker): void;
  finish(status: RunStatus): Promise<{ summary: Summary; unkept: RushhourError | undefined }>;
} {
  const sums = new SessionSums(writer.info);
  const recorder = new SessionRecorder({
    ...{ writer, sums, listener: {}, schedule: { durationUs: undefined, attempts: undefined } },
    ...{ holdSec: 0, next: 0, events: new EventLog(writer, () => {}), watch: () => {} },
    evidence: { add() {} },
  });
  const seconds = new SecondAggregator({
    ...{ shards: 1, takeTokens: () => undefined, takeHostSecond: () => ({}) },
    ...recorder.receiver(0),
  });
  return {
    receive: (message) => seconds.receive(message),
    async finish(status) {
      await recorder.flush();
      const endedAt = new Date().toISOString();
      const summary = sums.summarise(status, endedAt, []);
      return { summary, unkept: await whyNotKept(writer.finish(summary, status, endedAt)) };
    },
  };
}

/** As a run hands its histograms to the store. */
export function encodeAll(histograms: Iterable<readonly [string, Histogram]>): Map<string, EncodedHistogram> {
  return new Map(
    [...histograms].map(([tag, histogram]) => [
      tag,
      { text: encodeHistogram(histogram), maxUs: histogram.maxValue },
    ]),
  );
}

/** Everything in a folder, by file name. */
export async function readAll(dir: string): Promise<Record<string, string>> {
  const names = await readdir(dir);
  const texts = await Promise.all(names.map((name) => readFile(join(dir, name), 'utf8')));
  return Object.fromEntries(names.map((name, index) => [name, texts[index] ?? '']));
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
