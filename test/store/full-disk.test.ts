import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { FILES } from '../../src/store/files.ts';
import { readFrames, readRunInfo } from '../../src/store/read-info.ts';
import { createSession } from '../../src/store/session-create.ts';
import { fine, frameOf, histogramOf } from '../analysis/parts.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { withSmallDisk } from './full-disk.ts';
import { collect, encodeAll, factsOf, readAll } from './runs.ts';

// To mount takes the same right in a container as to make a network namespace.
suiteNeeding('a run on a disk that runs full', ['linux', 'root', 'netns', 'mount'], () => {
  const histograms = encodeAll([['stress.handshake', histogramOf(100, 200)]]);

  it('says so once, and lacks nothing if there is room before it ends', async () => {
    await withSmallDisk(128, async (disk) => {
      const messages: string[] = [];
      const run = await createSession(disk.dir, factsOf(), (message) => messages.push(message));
      const append = (second: number) => run.append(frameOf(second, { stress: fine(1_000) }), histograms, []);
      await append(0);
      await disk.fill(128 - 4 * 8);
      for (let second = 1; second < 60; second += 1) await append(second);
      expect(run.failures).toBeGreaterThan(1);
      expect(messages).toEqual([
        `the disk is full: what is measured waits in memory until it can be written to ${run.dir}`,
      ]);
      // Whatever is in the files is whole.
      const before = await readAll(run.dir);
      const frames = before[FILES.frames]!;
      expect(frames.endsWith('}\n')).toBe(true);
      expect((await collect(readFrames(run.dir))).length).toBeLessThan(60);

      await disk.makeRoom();
      const endedAt = '2025-01-31T06:01:00.250Z';
      await run.finish(await rebuildSummary(run.dir), 'complete', endedAt);
      const seconds = (await collect(readFrames(run.dir))).map(({ second }) => second);
      expect(seconds).toEqual(Array.from({ length: 60 }, (_, second) => second));
      expect((await readFile(join(run.dir, FILES.frames), 'utf8')).startsWith(frames)).toBe(true);
      const rebuilt = await rebuildSummary(run.dir);
      expect(rebuilt.arms['stress']).toMatchObject({ started: 60_000, handshakeUs: { count: 120 } });
      expect(messages).toHaveLength(1);
    });
  });

  it('is not begun where there is no room at all, and leaves no folder that no list shows', async () => {
    await withSmallDisk(64, async (disk) => {
      await disk.fill(64);
      const begun = createSession(disk.dir, factsOf(), () => {});
      await expect(begun).rejects.toThrow(/^cannot write results to .*ENOSPC/);
      expect(await readdir(disk.dir)).toEqual(['ballast']);
    });
  });

  it('names the files that lack their end, and leaves a run that can be read, if there is none', async () => {
    await withSmallDisk(64, async (disk) => {
      const messages: string[] = [];
      const run = await createSession(disk.dir, factsOf(), (message) => messages.push(message));
      await disk.fill(64 - 4 * 4);
      for (let second = 0; second < 60; second += 1) {
        await run.append(frameOf(second, { stress: fine(1_000) }), histograms, []);
      }
      const summary = await rebuildSummary(run.dir);
      const finished = run.finish(summary, 'complete', '2025-01-31T06:01:00.250Z');
      await expect(finished).rejects.toBeInstanceOf(EnvironmentError);
      await expect(finished).rejects.toMatchObject({
        message: expect.stringMatching(/cannot write the summary to .*ENOSPC/),
        hint: 'free disk space, then rebuild it: rushhour results show 20250131-060000-test',
      });
      expect(messages.at(-1)).toMatch(/^not everything could be written: .*frames\.jsonl.* lack their last/);
      expect(Object.keys(await readAll(run.dir)).sort()).toEqual([
        'frames.jsonl',
        'latency.hlog',
        'run.json',
        'stalls.jsonl',
      ]);
      expect(await readRunInfo(run.dir)).toEqual(run.info);
      const frames = await collect(readFrames(run.dir));
      expect(frames.length).toBeLessThan(60);
      expect(frames.map(({ second }) => second)).toEqual(frames.map((_, index) => index));
    });
  });
});
