import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runShell } from '../../src/experiment/shell.ts';
import { makeFolder } from '../store/runs.ts';

function shell(command: string, timeoutUs = 30_000_000) {
  const logFile = join(makeFolder(), 'log');
  const env = { RUSHHOUR_SIDE: 'b' };
  const run = runShell({ command, role: 'the command of --b', env, logFile, timeoutUs, hint: 'mend it' });
  return { ...run, log: () => readFileSync(logFile, 'utf8') };
}

/** Reaped or a zombie: either way it runs no more. */
function isRunning(pid: number): boolean {
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Whether a process waits for the group of this one to end. */
function isGuarded(pid: number): boolean {
  return readdirSync('/proc').some((name) => {
    if (!/^\d+$/.test(name)) return false;
    try {
      return readFileSync(`/proc/${name}/cmdline`, 'utf8').includes(`\0rushhour-guard\0${pid}\0`);
    } catch {
      return false;
    }
  });
}

describe('a command of an experiment', () => {
  it('finds its side in the environment, and its output in the log', async () => {
    const { finished, log } = shell('echo "to $RUSHHOUR_SIDE"; echo loud >&2');
    await finished;
    expect(log()).toMatch(/^--- \S+ the command of --b: echo .*\nto b\nloud\n$/);
  });

  it('that fails says how, and what it printed', async () => {
    await expect(shell('echo no route to fw >&2; exit 7').finished).rejects.toMatchObject({
      exitCode: 5,
      message: expect.stringMatching(
        /^the command of --b ended with exit code 7: .*\nit printed:\nno route to fw$/,
      ),
      hint: 'mend it',
    });
    await expect(shell('kill -9 $$').finished).rejects.toThrow('died of SIGKILL');
  });

  it('that hangs is ended with all that it has started', async () => {
    const { finished, log } = shell('sleep 60 & echo $!; wait', 200_000);
    await expect(finished).rejects.toThrow('took longer than 0.2 s');
    const pid = Number(log().split('\n')[1]);
    expect(pid).toBeGreaterThan(1);
    await expect.poll(() => isRunning(pid)).toBe(false);
  });

  it('comes to its end, or to that of its time, where the program is killed', async () => {
    const folder = makeFolder();
    const module = new URL('../../dist/experiment/shell.js', import.meta.url).href;
    const script = `
      const { runShell } = await import(process.argv[1]);
      const run = (logFile, command, timeoutUs) =>
        runShell({ command, role: 'it', env: {}, logFile, timeoutUs, hint: '' }).finished.catch(() => {});
      run(process.argv[2] + '/short', 'echo $$; sleep 1; echo done', 30_000_000);
      run(process.argv[2] + '/long', 'echo $$; sleep 60', 1_000_000);
      setInterval(() => {}, 1_000);
    `;
    const program = spawn(process.execPath, ['--input-type=module', '-e', script, module, folder]);
    const logOf = (name: string): string[] => {
      try {
        return readFileSync(join(folder, name), 'utf8').trim().split('\n').slice(1);
      } catch {
        return [];
      }
    };
    await expect
      .poll(() => [logOf('short').length, logOf('long').length], { timeout: 10_000 })
      .toEqual([1, 1]);
    // On a busy machine a command has said its first word before its guard is there.
    const pids = ['short', 'long'].map((name) => Number(logOf(name)[0]));
    await expect.poll(() => pids.map(isGuarded), { timeout: 10_000 }).toEqual([true, true]);
    program.kill('SIGKILL');
    await expect.poll(() => logOf('short')[1], { timeout: 10_000 }).toBe('done');
    await expect.poll(() => isRunning(Number(logOf('long')[0])), { timeout: 20_000 }).toBe(false);
  });

  it('is over when it ends, whatever it leaves running', async () => {
    const { finished, log, kill } = shell('sleep 60 & echo left');
    await finished;
    expect(log()).toContain('left');
    kill();
  });
});
