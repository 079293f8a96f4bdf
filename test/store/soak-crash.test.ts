import { appendFile, mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { rebuildSummary } from '../../src/read/summary.ts';
import { reopenSession } from '../../src/session/reopen.ts';
import { AppendFile } from '../../src/store/append-file.ts';
import { FILES, SESSION_FILES } from '../../src/store/files.ts';
import { readFrames, readRunInfo } from '../../src/store/read-info.ts';
import { readEvents } from '../../src/store/session-events.ts';
import { collect, makeFolder } from './runs.ts';
import { fail, hostEvent, openSoak, pushedSecond, totalsOf } from './soaks.ts';

/** One append, as it reached the disk. */
interface Write {
  readonly path: string;
  readonly text: string;
}

const SECONDS = 11;
/** Seconds from the one before, and those it takes to settle. */
const isAside = (second: number) => second >= 4 && second <= 8;

/** A short night, and everything that was appended in it, in order. */
async function recordWrites(): Promise<{ info: string; writes: Write[] }> {
  const writes: Write[] = [];
  let dir = '';
  let info = '';
  const append = AppendFile.prototype.append;
  const spy = vi.spyOn(AppendFile.prototype, 'append').mockImplementation(function (this: AppendFile, text) {
    if (text !== '') writes.push({ path: this.path, text: String(text) });
    return append.call(this, text);
  });
  try {
    const writer = await openSoak(makeFolder());
    dir = writer.dir;
    for (let second = 0; second < SECONDS; second += 1) {
      if (second === 5) writer.event(hostEvent({ fromSec: 5, toSec: 6 }));
      const { frame, histograms, stalls } = pushedSecond(second);
      await writer.append(frame, histograms, stalls);
    }
    await writer.closeAll();
    info = await readFile(join(dir, FILES.info), 'utf8');
    const written = writes.length;
    await writer.finish(await rebuildSummary(dir), 'complete', '2025-01-31T01:31:00.000Z');
    expect(writes).toHaveLength(written);
  } finally {
    spy.mockRestore();
  }
  return { info, writes: writes.map(({ path, text }) => ({ path: relative(dir, path), text })) };
}

/** The folder as a process left it that died after so many writes, the next one half done. */
async function folderAfter(info: string, writes: readonly Write[], torn: Write | undefined): Promise<string> {
  const dir = join(makeFolder(), 'night');
  await mkdir(join(dir, SESSION_FILES.recent), { recursive: true });
  await writeFile(join(dir, FILES.info), info);
  const half = torn === undefined ? [] : [{ ...torn, text: torn.text.slice(0, torn.text.length / 2) }];
  for (const { path, text } of [...writes, ...half]) {
    await mkdir(dirname(join(dir, path)), { recursive: true });
    await appendFile(join(dir, path), text);
  }
  return dir;
}

/** Seconds of which the own line stands. */
function wholeSeconds(writes: readonly Write[]): number[] {
  const lines = writes.filter(({ path }) => path.startsWith(SESSION_FILES.recent) && path.endsWith('jsonl'));
  return lines.map((_, second) => second);
}

async function expectNight(dir: string, seconds: readonly number[], hasEvent: boolean, when: string) {
  const aside = hasEvent ? isAside : () => false;
  const pushed = seconds.map((second) => pushedSecond(second).frame);
  expect(totalsOf(await collect(readFrames(dir))), when).toEqual(totalsOf(pushed, aside));
  const { arms, latenessUs } = await rebuildSummary(dir);
  const counting = seconds.filter((second) => !aside(second)).length;
  expect(arms['stress'], when).toMatchObject({
    ...{ started: counting * 10, stalled: { count: counting } },
    handshakeUs: { count: counting * 10 },
  });
  expect(latenessUs.count, when).toBe(counting);
}

describe('a soak whose process dies', () => {
  it('has every finished second exactly once, and goes on, wherever it was while it wrote', async () => {
    const { info, writes } = await recordWrites();
    expect(writes.length).toBeGreaterThan(SECONDS * 2 + 3 * 3);
    for (let done = 0; done <= writes.length; done += 1) {
      const before = writes.slice(0, done);
      const seconds = wholeSeconds(before);
      const hasEvent = before.some(({ path }) => path === SESSION_FILES.events);
      for (const torn of done % 2 === 0 ? [writes[done]] : [undefined, writes[done]]) {
        const when = `after ${done} writes, ${torn === undefined ? 'between two' : `half of ${torn.path}`}`;
        const dir = await folderAfter(info, before, torn);
        await expectNight(dir, seconds, hasEvent, when);

        const resumed = await reopenSession(dir, fail);
        expect(resumed.lastSecond, when).toBe(seconds.at(-1) ?? -1);
        await expectNight(dir, seconds, hasEvent, `${when}, gone on`);
        const aside = hasEvent ? isAside : () => false;
        const counting = seconds.filter((second) => !aside(second)).length;
        expect(resumed.sums.tally.series('stress').counts.started, when).toBe(counting * 10);
        expect(resumed.sums.histograms.get('stress.handshake')?.totalCount ?? 0, when).toBe(counting * 10);

        const later = [20, 21, 22];
        for (const second of later) {
          const { frame, histograms, stalls } = pushedSecond(second);
          await resumed.writer.append(frame, histograms, stalls);
        }
        await expectNight(dir, [...seconds, ...later], hasEvent, `${when}, and three seconds later`);
        await resumed.writer.closeAll();
        await expectNight(dir, [...seconds, ...later], hasEvent, `${when}, and closed`);
        const stalls = (await readFile(join(dir, FILES.stalls), 'utf8')).trimEnd().split('\n');
        const told = stalls.map((line) => JSON.parse(line).atUs / 1_000_000 + 1);
        expect(told, when).toEqual([...seconds, ...later]);
        await resumed.writer.finish(await rebuildSummary(dir), 'complete', '2025-01-31T01:31:00.000Z');
      }
    }
  });

  it('notes each process that wrote it, and what had not ended', async () => {
    const writer = await openSoak(makeFolder());
    writer.event(hostEvent({ kind: 'sink-away', setsAside: false }));
    const lasting = writer.event(hostEvent({ fromSec: 2 }));
    await writer.finish(await rebuildSummary(writer.dir), 'interrupted', '2025-01-31T01:31:00.000Z');
    const resumed = await reopenSession(writer.dir, fail);
    expect(await readRunInfo(writer.dir)).toEqual(resumed.writer.info);
    expect(resumed.writer.info).toMatchObject({ status: 'running' });
    expect(resumed.writer.info).not.toHaveProperty('endedAt');
    expect(resumed.writer.info.soak?.processes).toHaveLength(2);
    expect(resumed.openEvents.map(({ id }) => id)).toEqual([1, 2]);
    resumed.writer.endEvent(lasting.id, '2025-01-31T01:40:00.000Z', 9);
    expect(resumed.writer.event(hostEvent({ toSec: 1 })).id).toBe(3);
    await resumed.writer.finish(await rebuildSummary(writer.dir), 'complete', '2025-01-31T01:31:00.000Z');
    expect((await readEvents(writer.dir)).map(({ id, toSec, at }) => [id, toSec, at.slice(11, 16)])).toEqual([
      [1, null, '01:30'],
      [2, 9, '01:30'],
      [3, 1, '01:30'],
    ]);
  });
});
