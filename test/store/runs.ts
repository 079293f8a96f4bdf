import { mkdtempSync } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { RunStatus, Summary } from '../../src/analysis/types.ts';
import { encodeHistogram, type Histogram } from '../../src/metrics/histogram.ts';
import type { EncodedHistogram } from '../../src/metrics/merge.ts';
import type { Recorder } from '../../src/metrics/recorder.ts';
import type { Scenario } from '../../src/scenario/types.ts';
import { Recording } from '../../src/session/recording.ts';
import { rebuildSummary } from '../../src/store/run-reader.ts';
import { createRun, type RunFacts, type RunWriter } from '../../src/store/run-writer.ts';
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
export async function openRun(dir: string, changes: Partial<RunFacts> = {}): Promise<RunWriter> {
  const writer = await createRun(dir, factsOf(changes), fail);
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
  const writer = await createRun(resultsDir, factsOf(changes), fail);
  const recording = new Recording({
    writer,
    shards: 1,
    schedule: { durationUs: undefined, attempts: undefined },
    onProgress() {},
  });
  const recorder = recorderOf();
  for (let second = 0; second < seconds; second += 1) {
    playSecond(recorder, second);
    recording.receive({ kind: 'frame', shard: 0, ...recorder.takeFrame(second, 0) });
  }
  recording.receive({ kind: 'done', shard: 0 });
  const scenario: Scenario = changes.scenario ?? scenarioOf();
  return { dir: writer.dir, id: writer.info.id, summary: await recording.finish(scenario, status) };
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
