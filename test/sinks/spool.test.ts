import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { mkdir, rename, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, vi } from 'vitest';
import { Spool } from '../../src/sinks/spool.ts';
import { markProcess } from '../../src/store/process-mark.ts';
import { freePort } from '../peers/peer.ts';
import { withSmallDisk } from '../store/full-disk.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { secondsOf, startLineServer } from './line-server.ts';
import { happened, makeSpool, openSink, QUICK, RUN, recordSeconds } from './seconds.ts';

const FROM_MS = 1_738_303_200_000;

function listFiles(root: string): string[] {
  return readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) =>
    /\.(gz|lp|new)$/.test(name),
  );
}

function readIfThere(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}

/** Seconds on the disk: by the names of closed batches, and by the lines of the journal, which may go any moment. */
function countNoted(root: string): number {
  return listFiles(root).reduce((sum, name) => {
    if (!name.endsWith('journal.lp')) return sum + Number(/-(\d+)\.lp\.gz$/.exec(name)?.[1] ?? 0);
    const journal = readIfThere(join(root, name));
    return sum + (journal.match(/^rushhour_run,/gm)?.length ?? 0);
  }, 0);
}

/** Seconds that a run leaves in the spool, as nobody listens. */
async function leave(spoolRoot: string, port: number, count: number, fromMs: number): Promise<void> {
  const { sink } = await openSink(`influxdb://127.0.0.1:${port}/x`, { spoolRoot });
  sink.begin(RUN);
  for (const second of recordSeconds(count, fromMs)) sink.second(second);
  expect(await sink.finish(2_000)).toMatchObject({ delivered: 0, dropped: 0 });
}

async function fetchAll(spoolRoot: string, port: number) {
  const server = await startLineServer(undefined, port);
  const { sink, told } = await openSink(`influxdb://127.0.0.1:${port}/x`, { spoolRoot });
  sink.begin(RUN);
  return { report: await sink.finish(5_000), told, seconds: secondsOf(server.lines) };
}

/** Opens a sink, hands it so many seconds, says so, and waits to be killed. */
const WRITER = `
  const [dist, root, url, count] = process.argv.slice(1);
  const { openSinks } = await import(dist + 'sinks/open.js');
  const { parseSink } = await import(dist + 'sinks/spec.js');
  const [sink] = await openSinks([parseSink(url)], { spoolRoot: root, secrets: {}, say() {} });
  sink.begin({ runId: 'r', scenario: 's', label: '', engine: 'raw', host: 'h' });
  for (let second = 0; second < Number(count); second += 1) {
    const frame = { second, series: {}, open: 0, stallsLeftOut: 0 };
    sink.second({ atMs: ${FROM_MS} + second * 1000, frame, quantiles: new Map() });
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  console.log('handed in');
  setInterval(() => {}, 1000);
`;

describe('the spool', () => {
  it('drops the oldest seconds beyond its size, and counts them', async () => {
    const [spoolRoot, port] = [makeSpool(), await freePort()];
    // Each batch of five seconds takes a block of 4 KiB.
    const { sink, told } = await openSink(`influxdb://127.0.0.1:${port}/x`, {
      spoolRoot,
      spoolBytes: 16_384,
    });
    sink.begin(RUN);
    for (const second of recordSeconds(50, FROM_MS)) sink.second(second);
    expect(await sink.finish(2_000)).toMatchObject({ delivered: 0, spooled: 20, dropped: 30, refused: 0 });
    expect(listFiles(spoolRoot)).toHaveLength(4);
    expect(told.lines.filter((line) => line.includes('the spool is full'))).toHaveLength(1);

    const { report, seconds } = await fetchAll(spoolRoot, port);
    expect(report).toMatchObject({ caughtUp: 20, spooled: 0, dropped: 0 });
    // What was being sent when the spool ran full is not taken away under it.
    expect(seconds).toHaveLength(20);
    expect(seconds.slice(-15)).toEqual(
      Array.from({ length: 15 }, (_, index) => FROM_MS / 1_000 + 35 + index),
    );
    expect(listFiles(spoolRoot)).toEqual([]);
  });

  it('of a process that was killed loses nothing that was noted, and is taken over oldest first', async () => {
    const [spoolRoot, port] = [makeSpool(), await freePort()];
    const dist = new URL('../../dist/', import.meta.url).href;
    const args = [
      '--input-type=module',
      '-e',
      WRITER,
      dist,
      spoolRoot,
      `influxdb://127.0.0.1:${port}/x`,
      '23',
    ];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(child, 'exit');
    for await (const line of createInterface({ input: child.stdout })) {
      expect(line).toBe('handed in');
      await vi.waitUntil(() => countNoted(spoolRoot) === 23, { timeout: 10_000 });
      child.kill('SIGKILL');
    }
    expect(await gone).toEqual([null, 'SIGKILL']);
    // The last batch was not closed: it stands in the journal.
    expect(listFiles(spoolRoot).some((name) => name.endsWith('journal.lp'))).toBe(true);
    await leave(spoolRoot, port, 5, FROM_MS + 100_000);

    const { report, seconds } = await fetchAll(spoolRoot, port);
    expect(report).toMatchObject({ delivered: 0, caughtUp: 28, spooled: 0 });
    expect(seconds).toEqual([
      ...Array.from({ length: 23 }, (_, index) => FROM_MS / 1_000 + index),
      ...Array.from({ length: 5 }, (_, index) => FROM_MS / 1_000 + 100 + index),
    ]);
    expect(listFiles(spoolRoot)).toEqual([]);
  });

  it('of a process that lives is left alone', async () => {
    const [spoolRoot, port] = [makeSpool(), await freePort()];
    await leave(spoolRoot, port, 5, FROM_MS);
    const [own = ''] = listFiles(spoolRoot);
    const [sinkName = '', , segment = ''] = own.split('/');
    // pid 1 with its start and boot: a process that lives.
    const { startTicks, bootId } = markProcess(1);
    const living = join(spoolRoot, sinkName, `1_${startTicks}_${bootId}`);
    await mkdir(living);
    await writeFile(join(living, segment), 'not ours');
    const { report } = await fetchAll(spoolRoot, port);
    expect(report).toMatchObject({ caughtUp: 5, spooled: 0 });
    expect(listFiles(spoolRoot)).toEqual([join(sinkName, `1_${startTicks}_${bootId}`, segment)]);
  });

  it('takes a journal for the last of its folder, whatever the time of its file, and drops the half line it may end with', async () => {
    const [spoolRoot, port] = [makeSpool(), await freePort()];
    await leave(spoolRoot, port, 1, FROM_MS);
    const [own = ''] = listFiles(spoolRoot);
    const [sinkName = '', owner = '', segment = ''] = own.split('/');
    const dead = join(spoolRoot, sinkName, '4194305_1_00000000-0000-0000-0000-000000000000');
    await rename(join(spoolRoot, sinkName, owner), dead);
    const line = (second: number): string => `rushhour_run,run=r open=1i ${FROM_MS + second * 1_000}\n`;
    const journal = join(dead, 'journal.lp');
    await writeFile(journal, `${line(1)}${line(2)}${line(3).slice(0, 30)}`);
    const beforeIt = new Date(Number.parseInt(segment, 10) - 4);
    await utimes(journal, beforeIt, beforeIt);
    await writeFile(join(dead, '1738303200000-1-00000001-5.lp.gz.new'), 'half');
    const { report, seconds } = await fetchAll(spoolRoot, port);
    expect(report).toMatchObject({ caughtUp: 3, refused: 0 });
    expect(seconds).toEqual([0, 1, 2].map((second) => FROM_MS / 1_000 + second));
    expect(readdirSync(join(spoolRoot, sinkName))).toEqual([]);
  });

  it('that cannot be made keeps seconds in memory, says so, and loses them where the sink stays away', async () => {
    const file = join(makeSpool(), 'file');
    await writeFile(file, '');
    const server = await startLineServer();
    const there = await openSink(`influxdb://127.0.0.1:${server.port}/x`, { spoolRoot: file });
    there.sink.begin(RUN);
    for (const second of recordSeconds(10, FROM_MS)) there.sink.second(second);
    expect(await there.sink.finish(5_000)).toMatchObject({ delivered: 10, dropped: 0 });
    expect(there.told.lines).toEqual([expect.stringMatching(/its spool cannot be written \(ENOTDIR/)]);

    const away = await openSink(`influxdb://127.0.0.1:${await freePort()}/x`, { spoolRoot: file });
    away.sink.begin(RUN);
    for (const second of recordSeconds(10, FROM_MS)) away.sink.second(second);
    expect(await away.sink.finish(2_000)).toMatchObject({ delivered: 0, spooled: 0, dropped: 10 });
  });
});

suiteNeeding('the spool on a disk that runs full', ['linux', 'root', 'netns', 'mount'], () => {
  it('goes on in memory, says so once, and delivers all once the sink is back', async () => {
    await withSmallDisk(64, async (disk) => {
      await disk.fill(64 - 4 * 4);
      const port = await freePort();
      const { sink, told } = await openSink(`influxdb://127.0.0.1:${port}/x`, {
        spoolRoot: disk.dir,
        pace: { ...QUICK, longestRetryMs: 40 },
      });
      sink.begin(RUN);
      for (const second of recordSeconds(60, FROM_MS)) sink.second(second);
      await happened(() => told.lines.some((line) => line.includes('ENOSPC')));
      const server = await startLineServer(undefined, port);
      await happened(() => told.turns.length === 2);
      expect(await sink.finish(5_000)).toMatchObject({ delivered: 60, spooled: 0, dropped: 0 });
      expect(secondsOf(server.lines)).toEqual(
        Array.from({ length: 60 }, (_, index) => FROM_MS / 1_000 + index),
      );
      expect(told.lines.filter((line) => line.includes('ENOSPC'))).toHaveLength(1);
    });
  });

  it('keeps whole lines in its journal', async () => {
    await withSmallDisk(64, async (disk) => {
      const faults: (string | undefined)[] = [];
      const spool = await Spool.open({
        parent: join(disk.dir, 'spool'),
        limitBytes: 65_536,
        onDropped: (_, why) => expect.fail(why),
        onFault: ({ code }) => faults.push(code),
      });
      const [first, tooLong, last] = ['first\n', `${'b'.repeat(32_768)}\n`, 'last\n'] as const;
      await spool.note(first);
      await disk.fill(40);
      await spool.note(tooLong);
      expect(faults).toEqual(['ENOSPC']);
      await disk.makeRoom();
      await spool.note(last);
      const [journal = ''] = listFiles(disk.dir);
      expect(readFileSync(join(disk.dir, journal), 'utf8')).toBe(first + last);
    });
  });
});
