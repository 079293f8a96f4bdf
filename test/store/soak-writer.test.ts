import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listRuns } from '../../src/read/listing.ts';
import { readSummary, rebuildSummary } from '../../src/read/summary.ts';
import { FILES, latencyFilesAmong, SESSION_FILES } from '../../src/store/files.ts';
import { readFrames } from '../../src/store/read-info.ts';
import { createSession } from '../../src/store/session-create.ts';
import { fine, frameOf } from '../analysis/parts.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { withSmallDisk } from './full-disk.ts';
import { collect, makeFolder } from './runs.ts';
import {
  endSoak,
  hostEvent,
  openSoak,
  push,
  pushedSecond,
  soakFacts,
  stallOf,
  startSoak,
  totalsOf,
} from './soaks.ts';

const linesOf = async (dir: string, name: string): Promise<string[]> =>
  (await readFile(join(dir, name), 'utf8')).split('\n').filter((line) => line !== '');

describe('a soak under way', () => {
  it('has each second on disk at once, and its windows once they have settled', async () => {
    const writer = await startSoak(makeFolder());
    expect(await push(writer, 0, 5)).toEqual([]);
    expect(await linesOf(writer.dir, FILES.frames)).toEqual([]);
    expect((await collect(readFrames(writer.dir))).map(({ second }) => second)).toEqual([0, 1, 2, 3, 4]);
    const [closed] = await push(writer, 5, 6);
    expect(closed?.window).toMatchObject({ second: 0, seconds: 4, series: { stress: { started: 40 } } });
    expect(closed?.seconds.map(({ second }) => second)).toEqual([0, 1, 2, 3]);
    expect(closed?.histograms.get('stress.handshake')?.totalCount).toBe(40);
    expect(await linesOf(writer.dir, FILES.frames)).toHaveLength(1);
    expect(await linesOf(writer.dir, FILES.stalls)).toHaveLength(4);
    expect(await linesOf(writer.dir, FILES.latency)).toEqual([
      ...Array.from({ length: 4 }, () => expect.any(String)),
      expect.stringMatching(/^Tag=stress\.handshake,0\.000,4\.000,/),
      expect.stringMatching(/^Tag=lateness,0\.000,4\.000,/),
    ]);
    const pushed = [0, 1, 2, 3, 4, 5].map((second) => pushedSecond(second).frame);
    expect(totalsOf(await collect(readFrames(writer.dir)))).toEqual(totalsOf(pushed));
  });

  it('sets aside what an event touches, also one that is heard of only when its seconds have passed', async () => {
    const writer = await startSoak(makeFolder());
    await push(writer, 0, 4);
    const event = writer.event(hostEvent({ fromSec: 3 }));
    const closed = await push(writer, 4, 10);
    writer.endEvent(event.id, '2025-01-31T01:31:00.000Z', 10);
    closed.push(...(await push(writer, 10, 20)));
    const isAside = (second: number) => second >= 2 && second <= 12;
    const seconds = closed.flatMap((window) => window.seconds);
    const pushed = seconds.map(({ second }) => pushedSecond(second).frame);
    expect(totalsOf(seconds)).toEqual(totalsOf(pushed, isAside));
    expect(totalsOf(await collect(readFrames(writer.dir))).started).toEqual({
      stress: 2 * 10 + 7 * 10,
      'stress~aside': 11 * 10,
    });
    const stalls = (await linesOf(writer.dir, FILES.stalls)).map((line) => JSON.parse(line).series);
    expect(stalls.slice(0, 16)).toEqual(
      Array.from({ length: 16 }, (_, second) => (isAside(second) ? 'stress~aside' : 'stress')),
    );
    const { arms, soak } = await rebuildSummary(writer.dir);
    expect(arms['stress']).toMatchObject({ started: 90, achievedPerSec: 10, handshakeUs: { count: 90 } });
    expect(soak).toEqual({
      ...{ windows: 4, windowSec: 4, seconds: 20, missingSec: 0, setAsideSec: 11 },
      events: [{ kind: 'suspended', count: 1 }],
    });
  });

  it('leaves a gap where seconds are missing, and counts none of it as measured', async () => {
    const writer = await openSoak(makeFolder());
    await push(writer, 0, 6);
    await push(writer, 101, 111);
    await writer.closeAll();
    await endSoak(writer);
    const { arms, soak } = await readSummary(writer.dir);
    expect(arms['stress']).toMatchObject({ started: 160, achievedPerSec: 10 });
    expect(soak).toMatchObject({ windows: 5, seconds: 16, missingSec: 95 });
  });

  it('counts a second that comes too late in the first that is still open', async () => {
    const writer = await startSoak(makeFolder());
    await push(writer, 0, 6);
    await writer.append(frameOf(1, { stress: fine(7) }), new Map(), []);
    await writer.closeAll();
    expect(totalsOf(await collect(readFrames(writer.dir))).started).toEqual({ stress: 67 });
    expect((await rebuildSummary(writer.dir)).arms['stress']?.handshakeUs.count).toBe(60);
  });

  it('keeps the last seconds one by one as long as it is told, and a folder says what all of it takes', async () => {
    const results = makeFolder();
    const writer = await startSoak(results, {}, { keepSec: 40 });
    await push(writer, 0, 200);
    const names = (await readdir(join(writer.dir, SESSION_FILES.recent))).sort();
    // Segments of 40 s: the last window that stands ends at 196.
    expect(names).toEqual(['000003.hlog', '000003.jsonl', '000004.hlog', '000004.jsonl']);
    const recent = await Promise.all(
      names.map((name) => readFile(join(writer.dir, SESSION_FILES.recent, name))),
    );
    const inRecent = recent.reduce((sum, { length }) => sum + length, 0);
    const [listed] = await listRuns(results);
    expect(listed!.bytes).toBeGreaterThan(
      inRecent + (await readFile(join(writer.dir, FILES.latency))).length,
    );
  });

  it('goes on in another log of histograms once one is long, and loses none between them', async () => {
    const writer = await startSoak(makeFolder(), {}, { maxLogBytes: 4_000 });
    await push(writer, 0, 200);
    const logs = latencyFilesAmong(await readdir(writer.dir));
    expect(logs.slice(0, 3)).toEqual(['latency.hlog', 'latency.1.hlog', 'latency.2.hlog']);
    for (const log of logs) expect((await linesOf(writer.dir, log))[1]).toMatch(/format version 1\.3/);
    expect((await rebuildSummary(writer.dir)).arms['stress']?.handshakeUs.count).toBe(2_000);
  });

  it('keeps stalls of an outage only as far as room is left for the rest of the night', async () => {
    const writer = await startSoak(makeFolder());
    const outage = (second: number) => ({
      ...pushedSecond(second),
      stalls: Array.from({ length: 150 }, () => stallOf(second)),
    });
    await push(writer, 0, 400, outage);
    await push(writer, 400, 408);
    await writer.closeAll();
    const stalls = await linesOf(writer.dir, FILES.stalls);
    expect(stalls.length).toBeLessThan(10_000);
    expect(stalls.slice(-8).map((line) => JSON.parse(line).atUs / 1_000_000)).toEqual([
      ...[399, 400, 401, 402, 403, 404, 405, 406],
    ]);
    const frames = await collect(readFrames(writer.dir));
    expect(frames.reduce((sum, { stallsLeftOut }) => sum + stallsLeftOut, 0)).toBe(
      400 * 150 + 8 - stalls.length,
    );
  });
});

suiteNeeding('a soak on a disk that runs full', ['linux', 'root', 'netns', 'mount'], () => {
  it('says so once, and has every window exactly once as soon as there is room', async () => {
    await withSmallDisk(192, async (disk) => {
      const messages: string[] = [];
      const writer = await createSession(disk.dir, soakFacts(), (message) => messages.push(message));
      await push(writer, 0, 20);
      await disk.fill(192 - 4 * 18);
      const closed = await push(writer, 20, 120);
      expect(closed).toHaveLength(25);
      expect(messages).toEqual([
        `the disk is full: what is measured waits in memory until it can be written to ${writer.dir}`,
      ]);
      const onDisk = totalsOf(await collect(readFrames(writer.dir)));
      expect(onDisk.seconds.length).toBeLessThan(120);
      expect(onDisk.seconds).toEqual(onDisk.seconds.map((_, second) => second));
      const { arms } = await rebuildSummary(writer.dir);
      expect(arms['stress']?.handshakeUs.count).toBe(onDisk.seconds.length * 10);

      await disk.makeRoom();
      await push(writer, 120, 124);
      await writer.closeAll();
      const pushed = Array.from({ length: 124 }, (_, second) => pushedSecond(second).frame);
      expect(totalsOf(await collect(readFrames(writer.dir)))).toEqual(totalsOf(pushed));
      expect((await rebuildSummary(writer.dir)).arms['stress']?.handshakeUs.count).toBe(1_240);
      await endSoak(writer);
      expect(messages).toHaveLength(1);
    });
  });
});
