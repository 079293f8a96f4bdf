import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { describe, expect, it, vi } from 'vitest';
import { keepTail, startTimedCommand } from '../src/timed-command.ts';

async function run(command: string, timeoutUs = 10_000_000) {
  const { child, ended } = startTimedCommand({ command, timeoutUs, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = keepTail([child.stdout, child.stderr], 100_000);
  return { how: await ended, text: output() };
}

describe('a command with a time limit', () => {
  it('stands in no list of processes and in no environment of what it starts', async () => {
    const { text } = await run(': swordfish; tr "\\0" " " < /proc/$$/cmdline; env; echo done');
    expect(text).toContain('done');
    expect(text).not.toContain('swordfish');
  });

  it('says how it failed, without its words', async () => {
    expect(await run('echo no route >&2; exit 3')).toEqual({
      how: 'ended with exit code 3',
      text: 'no route',
    });
    expect((await run('kill -9 $$')).how).toBe('died of SIGKILL');
    expect((await run('exit 0')).how).toBeUndefined();
  });

  it('is ended with all that it started once its time is over', async () => {
    const { how, text } = await run('sleep 60 & echo $!; wait', 200_000);
    expect(how).toBe('took longer than 0.2 s');
    const pid = Number(text);
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it('is not waited for once it is over, whatever it left in the background', async () => {
    const { how, text } = await run('echo before; (sleep 5) & exit 0');
    expect([how, text]).toEqual([undefined, 'before']);
  });

  it('was in time if it ended in time, though what it left holds its output open beyond that', async () => {
    // Time stands still until it is over, so that a slow machine changes nothing; its output is waited for 500 ms.
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const { child, ended } = startTimedCommand({
        ...{ command: 'sleep 5 & exit 0', timeoutUs: 400_000, stdio: ['ignore', 'pipe', 'pipe'] },
      });
      await once(child, 'exit');
      vi.advanceTimersByTime(500);
      expect(await ended).toBeUndefined();
    } finally {
      vi.useRealTimers();
    }
  });
});

/** Reaped or a zombie: either way it runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}
