import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { EnvironmentError } from '../../src/errors.ts';
import { acquireLock, type LockHolder, readLock } from '../../src/store/lock.ts';
import { markProcess } from '../../src/store/process-mark.ts';
import { makeFolder } from './runs.ts';

/** For each line that it is told, tries for the lock of the folder so named, says how it went, and keeps it. */
const TAKER = `
  const { createInterface } = await import('node:readline');
  const { acquireLock } = await import(process.argv[1] + 'store/lock.js');
  console.log('ready');
  for await (const dir of createInterface({ input: process.stdin })) {
    try {
      const { takenOver } = await acquireLock(dir, process.argv[2]);
      console.log(takenOver === undefined ? 'got it free' : 'got it from ' + takenOver.what);
    } catch (error) {
      console.log('lost: ' + error.message);
    }
  }
`;

interface Taker {
  readonly pid: number;
  tryFor(dir: string): Promise<string>;
  kill(): Promise<void>;
}

async function startTaker(what: string): Promise<Taker> {
  const dist = new URL('../../dist/', import.meta.url).href;
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '-e', TAKER, dist, what], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const kill = async (): Promise<void> => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  onTestFinished(kill);
  const lines = createInterface({ input: child.stdout! })[Symbol.asyncIterator]();
  const next = async (): Promise<string> => (await lines.next()).value ?? 'gone';
  expect(await next()).toBe('ready');
  const tryFor = (dir: string): Promise<string> => {
    child.stdin?.write(`${dir}\n`);
    return next();
  };
  return { pid: child.pid!, tryFor, kill };
}

const lockIn = (dir: string): string => join(dir, 'soak.lock');

/** The lock of a process that is no more. */
function leaveLock(dir: string, changes: Partial<LockHolder> = {}): LockHolder {
  const holder: LockHolder = {
    token: 'dead',
    what: 'yesterday',
    since: '2025-01-31T01:30:00.000Z',
    process: { ...markProcess(), bootId: 'earlier' },
    ...changes,
  };
  writeFileSync(lockIn(dir), JSON.stringify(holder));
  return holder;
}

describe('the lock of a results folder', () => {
  it('is had once at a time, says what it is about, and can be had again', async () => {
    const dir = join(makeFolder(), 'new');
    expect(await readLock(dir)).toBeUndefined();
    const lock = await acquireLock(dir, 'steady');
    expect(lock.takenOver).toBeUndefined();
    await lock.describe({ runId: '20250131-013000-steady', endsAt: '2025-01-31T06:30:00.000Z' });
    expect(await readLock(dir)).toMatchObject({
      what: 'steady',
      runId: '20250131-013000-steady',
      endsAt: '2025-01-31T06:30:00.000Z',
      process: markProcess(),
      alive: true,
    });
    const refusal = await acquireLock(dir, 'other').catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(EnvironmentError);
    expect(refusal).toMatchObject({ exitCode: 5 });
    expect((refusal as Error).message).toMatch(
      new RegExp(
        `^a soak is in progress \\(steady: process ${process.pid}, since 20.*Z, 20250131-013000-steady\\)$`,
      ),
    );
    const inOtherWords = acquireLock(dir, 'other', ({ what }) => new EnvironmentError(`${what} has it`));
    await expect(inOtherWords).rejects.toMatchObject({ message: 'steady has it', exitCode: 5 });
    await lock.release();
    expect(readdirSync(dir)).toEqual([]);
    await (await acquireLock(dir, 'other')).release();
  });

  it('is taken over from a process of an earlier boot, and tells what that was about', async () => {
    const dir = makeFolder();
    const left = leaveLock(dir, { runId: 'a-run', endsAt: '2025-01-31T06:30:00.000Z' });
    expect(await readLock(dir)).toEqual({ ...left, alive: false });
    const lock = await acquireLock(dir, 'today');
    expect(lock.takenOver).toMatchObject({ what: 'yesterday', runId: 'a-run' });
    expect(await readLock(dir)).toMatchObject({ what: 'today', alive: true });
    await lock.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is not taken over from a later process with the same number', async () => {
    const dir = makeFolder();
    leaveLock(dir, { process: { ...markProcess(), startTicks: '1' } });
    expect((await readLock(dir))?.alive).toBe(false);
    const lock = await acquireLock(dir, 'today');
    expect(lock.takenOver?.what).toBe('yesterday');
    await lock.release();
  });

  it('is left alone by who lost it', async () => {
    const dir = makeFolder();
    const lock = await acquireLock(dir, 'first');
    rmSync(lockIn(dir));
    const second = await acquireLock(dir, 'second');
    await lock.release();
    expect(await readLock(dir)).toMatchObject({ what: 'second' });
    await second.release();
  });

  it('that a power cut left empty is taken over once it cannot be one being written', async () => {
    const dir = makeFolder();
    writeFileSync(lockIn(dir), '');
    expect((await readLock(dir))?.alive).toBe(true);
    const minutesAgo = new Date(Date.now() - 600_000);
    utimesSync(lockIn(dir), minutesAgo, minutesAgo);
    expect((await readLock(dir))?.alive).toBe(false);
    const lock = await acquireLock(dir, 'today');
    expect(JSON.parse(readFileSync(lockIn(dir), 'utf8')).what).toBe('today');
    await lock.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('is taken over though a claim on it was left by a process that died in the midst', async () => {
    const dir = makeFolder();
    const left = leaveLock(dir);
    writeFileSync(`${lockIn(dir)}.dead`, JSON.stringify({ ...left, token: 'claimant' }));
    const lock = await acquireLock(dir, 'today');
    expect(lock.takenOver?.what).toBe('yesterday');
    await lock.release();
    expect(readdirSync(dir)).toEqual([]);
  });

  it('says what to do where the folder cannot be written', async () => {
    const dir = join(makeFolder(), 'file');
    writeFileSync(dir, '');
    await expect(acquireLock(dir, 'x')).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringContaining(`cannot lock ${dir}`),
      hint: expect.stringContaining('--results'),
    });
  });
});

describe('processes that want the lock at once', () => {
  it('get it one at a time, whether it was free or its holder had died', async () => {
    const takers = await Promise.all(['a', 'b', 'c', 'd', 'e'].map(startTaker));
    const parent = makeFolder();
    for (let round = 0; round < 60; round += 1) {
      const dir = join(parent, String(round));
      const kind = round % 3;
      if (kind !== 0) {
        await (await acquireLock(dir, 'nobody')).release();
        const left = leaveLock(dir);
        if (kind === 2) writeFileSync(`${lockIn(dir)}.dead`, JSON.stringify({ ...left, token: 'claimant' }));
      }
      const told = await Promise.all(takers.map((taker) => taker.tryFor(dir)));
      const winners = told.filter((line) => line.startsWith('got it'));
      expect(winners).toEqual([kind === 0 ? 'got it free' : 'got it from yesterday']);
      const winner = takers[told.indexOf(winners[0]!)]!;
      const losers = told.filter((line) => line !== winners[0]);
      for (const line of losers) expect(line).toContain(`process ${winner.pid},`);
      expect(readdirSync(dir)).toEqual(['soak.lock']);
    }
  });

  it('get it from one that is killed with it', async () => {
    const dir = makeFolder();
    const [first, second] = await Promise.all([startTaker('first'), startTaker('second')]);
    expect(await first.tryFor(dir)).toBe('got it free');
    expect(await second.tryFor(dir)).toContain(`lost: a soak is in progress (first: process ${first.pid}`);
    await first.kill();
    expect(await second.tryFor(dir)).toBe('got it from first');
  });
});
