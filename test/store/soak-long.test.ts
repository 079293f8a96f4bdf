import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { LATENESS_TAG } from '../../src/metrics/types.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { FILES, latencyFilesAmong, SESSION_FILES } from '../../src/store/files.ts';
import { readFrames } from '../../src/store/read-info.ts';
import { fine, frameOf, histogramOf } from '../analysis/parts.ts';
import { encodeAll, makeFolder } from './runs.ts';
import { type PushedSecond, push, stallOf, startSoak } from './soaks.ts';

const HOUR = 3_600;
const ARMS = ['stress', 'control'];

/** Times of a second of 200 attempts; a night goes through these again and again. */
const HISTOGRAMS = Array.from({ length: 7 }, (_, index) =>
  encodeAll(
    [...ARMS.map((arm) => `${arm}.handshake`), LATENESS_TAG].map((tag) => [
      tag,
      histogramOf(...Array.from({ length: 200 }, (_, attempt) => 900 + ((attempt * 37 + index * 101) % 700))),
    ]),
  ),
);

/** A second at 200/s: no column is the same in every second, and one attempt in a thousand stalls. */
function steadySecond(second: number): PushedSecond {
  const started = 199 + (second % 3);
  const stalled = second % 5 === 0 ? { recovered: 1, stalledBySecond: { [second - 1]: 1 } } : {};
  const counts = { ...fine(started), requests: started, bytes: started * 1_234, ...stalled };
  return {
    frame: { ...frameOf(second, Object.fromEntries(ARMS.map((arm) => [arm, counts]))), open: second % 4 },
    histograms: HISTOGRAMS[second % HISTOGRAMS.length]!,
    stalls: second % 5 === 0 ? [stallOf(second), stallOf(second)] : [],
  };
}

async function sizesIn(dir: string): Promise<number> {
  const names = await readdir(dir);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(dir, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** What is still in use, and nothing that only waits to be collected. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  for (let round = 0; round < 3; round += 1) collect();
  return process.memoryUsage().heapUsed;
}

it('a soak of hours takes no more memory as it goes on, no more of recent/, and little for each hour', async () => {
  const writer = await startSoak(makeFolder(), { windowSec: 60, settleSec: 15, forUs: 2 * HOUR * 1_000_000 });
  const recent = join(writer.dir, SESSION_FILES.recent);
  const [recentBytes, heap]: [number[], number[]] = [[], []];
  let windows = 0;
  for (let fromSec = 0; fromSec < 2 * HOUR; fromSec += HOUR / 6) {
    windows += (await push(writer, fromSec, fromSec + HOUR / 6, steadySecond)).length;
    recentBytes.push(await sizesIn(recent));
    heap.push(heapInUse());
  }
  windows += (await writer.closeAll()).length;
  expect(windows).toBe(120);
  // What a quarter of the time took is all that it takes; the rest is noise of the collector.
  expect(heap.at(-1)! - heap[2]!).toBeLessThan(2_000_000);
  // Segments of ten minutes: those of an hour, the one under way, and the one that the hour reaches into.
  expect(Math.max(...recentBytes)).toBeLessThan(recentBytes[0]! * 7.5);
  expect(await readdir(recent)).toHaveLength(2 * 6);
  const sizeOf = async (name: string) => (await stat(join(writer.dir, name))).size;
  // For each arm and window.
  expect((await sizeOf(FILES.frames)) / windows / ARMS.length).toBeLessThan(2_500);
  const logs = latencyFilesAmong(await readdir(writer.dir));
  expect(logs).toHaveLength(1);
  expect((await sizeOf(FILES.latency)) / windows / HISTOGRAMS[0]!.size).toBeLessThan(3_000);

  let [started, seconds] = [0, 0];
  const stalledIn = new Set<number>();
  for await (const { second, series } of readFrames(writer.dir)) {
    expect(second).toBe(seconds);
    seconds += 1;
    started += series['stress']?.started ?? 0;
    for (const sentIn of Object.keys(series['stress']?.stalledBySecond ?? {})) stalledIn.add(Number(sentIn));
  }
  expect([seconds, started, stalledIn.size]).toEqual([2 * HOUR, 2 * HOUR * 200, (2 * HOUR) / 5]);
  const { arms, soak } = await rebuildSummary(writer.dir);
  expect(arms['stress']).toMatchObject({
    ...{ started, achievedPerSec: 200, stalled: { count: (2 * HOUR) / 5 } },
    handshakeUs: { count: 2 * HOUR * 200 },
  });
  expect(soak).toMatchObject({ windows: 120, seconds: 2 * HOUR, missingSec: 0, setAsideSec: 0 });
});
