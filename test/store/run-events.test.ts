import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { readRows } from '../../src/read/export/rows.ts';
import { readRunDetail } from '../../src/read/run-detail.ts';
import { SessionSums } from '../../src/read/session-sums.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { reopenSession } from '../../src/session/reopen.ts';
import { FILES } from '../../src/store/files.ts';
import { readFrames } from '../../src/store/read-info.ts';
import type { SessionWriter } from '../../src/store/session-writer.ts';
import { collect, makeFolder, openRun, readAll } from './runs.ts';
import { fail, hostEvent, push, pushedSecond, totalsOf } from './soaks.ts';

const END = '2025-01-31T06:00:30.000Z';
const LINK_DOWN = { kind: 'link-down', text: 'eth0 has lost its link' } as const;
/** From the second before the link was lost until what was open when it came back had turned out. */
const isAside = (second: number) => second >= 4 && second <= 9;

function openSession(): Promise<SessionWriter> {
  return openRun(makeFolder(), { session: { settleSec: 2, fingerprint: 'f' } });
}

/** A run of 15 seconds whose link was down from second 5 to 7. */
async function recordLostLink(): Promise<{ writer: SessionWriter; sums: SessionSums }> {
  const writer = await openSession();
  const sums = new SessionSums(writer.info);
  sums.add(await push(writer, 0, 6));
  const { id } = writer.event(hostEvent({ ...LINK_DOWN, fromSec: 5 }));
  sums.add(await push(writer, 6, 9));
  writer.endEvent(id, '2025-01-31T06:00:09.000Z', 7);
  sums.add(await push(writer, 9, 15));
  return { writer, sums };
}

it('seconds of a run that an event touches count in no figure, in memory as in the folder', async () => {
  const { writer, sums } = await recordLostLink();
  sums.add(await writer.closeAll());
  const summary = sums.summarise('complete', END, [LINK_DOWN]);
  expect(summary).toEqual(await rebuildSummary(writer.dir, { status: 'complete', endedAt: END }));
  expect(summary.arms['stress']).toMatchObject({
    ...{ started: 90, achievedPerSec: 10, stalled: { count: 9 }, handshakeUs: { count: 90 } },
  });
  expect(summary.latenessUs.count).toBe(9);
  expect(summary.session).toEqual({
    ...{ seconds: 15, missingSec: 0, setAsideSec: 6 },
    events: [{ kind: 'link-down', count: 1 }],
  });
  expect(summary).not.toHaveProperty('soak');
  await writer.finish(summary, 'complete', END);
  // Each second stands in frames.jsonl as it was counted.
  const lines = (await readFile(join(writer.dir, FILES.frames), 'utf8')).trimEnd().split('\n');
  expect(lines.map((line) => Object.keys(JSON.parse(line).series))).toEqual(lines.map(() => ['stress']));
  const pushed = lines.map((_, second) => pushedSecond(second).frame);
  expect(totalsOf(await collect(readFrames(writer.dir)))).toEqual(totalsOf(pushed, isAside));
});

it('what reads a run sees them set aside: figures, exported stalls and times', async () => {
  const { writer } = await recordLostLink();
  await writer.closeAll();
  await writer.finish(await rebuildSummary(writer.dir), 'complete', END);
  const { arms, histograms } = await readRunDetail(writer.dir);
  // Each second holds a stall that was sent in the one before.
  expect(arms.get('stress')?.stalled).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 0]);
  expect(histograms.get('stress.handshake')?.totalCount).toBe(90);
  const stalls = await collect(readRows(writer.dir, 'stalls'));
  expect(stalls.filter(({ series }) => series === 'stress~aside')).toHaveLength(6);
  const times = await collect(readRows(writer.dir, 'latency'));
  const counted = (series: string) =>
    times
      .filter((row) => row['series'] === series && row['time'] === 'handshake')
      .reduce((sum, { count }) => sum + Number(count), 0);
  expect([counted('stress'), counted('stress~aside')]).toEqual([90, 60]);
});

it('a run to which nothing happens has the files and the summary that it always had', async () => {
  const writer = await openSession();
  const sums = new SessionSums(writer.info);
  sums.add(await push(writer, 0, 5));
  sums.add(await writer.closeAll());
  const summary = sums.summarise('complete', END, []);
  await writer.finish(summary, 'complete', END);
  expect(Object.keys(await readAll(writer.dir)).sort()).toEqual([
    ...['frames.jsonl', 'latency.hlog', 'run.json', 'stalls.jsonl', 'summary.json'],
  ]);
  expect(summary).not.toHaveProperty('session');
});

it('a run that was killed while it wrote goes on behind its last whole second', async () => {
  const writer = await openSession();
  await push(writer, 0, 6);
  // As a process leaves it that dies between the lines of a second, and within the last of them.
  const half = pushedSecond(6);
  const append = async (file: string, text: string) => writeFile(join(writer.dir, file), text, { flag: 'a' });
  await append(FILES.latency, 'Tag=stress.handshake,6.000,1.000,0.1,HISTFAAAA\n');
  await append(FILES.stalls, `${JSON.stringify(half.stalls[0])}\n`);
  await append(FILES.frames, JSON.stringify(half.frame).slice(0, 40));

  const { writer: second, sums, lastSecond } = await reopenSession(writer.dir, fail);
  expect(lastSecond).toBe(5);
  expect(sums.tally.series('stress').counts.started).toBe(60);
  sums.add(await push(second, 20, 25));
  sums.add(await second.closeAll());
  const resumed = [{ kind: 'resumed' as const }];
  second.event(hostEvent({ kind: 'resumed', fromSec: 6, toSec: 20, setsAside: false }));
  await second.closeAll();
  const summary = sums.summarise('complete', END, resumed);
  expect(summary).toEqual(await rebuildSummary(second.dir, { status: 'complete', endedAt: END }));
  expect(summary.arms['stress']).toMatchObject({
    ...{ started: 110, achievedPerSec: 10, stalled: { count: 11 }, handshakeUs: { count: 110 } },
  });
  expect(summary.session).toMatchObject({ seconds: 11, missingSec: 14, setAsideSec: 0 });
  await second.finish(summary, 'complete', END);
  const stalls = (await readFile(join(second.dir, FILES.stalls), 'utf8')).trimEnd().split('\n');
  expect(stalls).toHaveLength(11);
  expect(second.info.session?.processes).toHaveLength(2);
});
