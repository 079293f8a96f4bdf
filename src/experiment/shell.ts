import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { EnvironmentError } from '../errors.ts';
import { endGroup, guardGroup } from '../process-group.ts';

/** Of the output of a command that failed, what an error repeats. */
const SHOWN_CHARS = 2_000;

export interface ShellCommand {
  /** What sh runs. */
  readonly command: string;
  /** What it is, for messages: `the command of --a`. */
  readonly role: string;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Its output, both streams, is appended here. */
  readonly logFile: string;
  readonly timeoutUs: number;
  readonly hint: string;
}

export interface ShellRun {
  /** @throws EnvironmentError with its output if it does not exit with 0 in time */
  readonly finished: Promise<void>;
  /** Ends it and whatever it has started. */
  kill(): void;
}

/**
 * Runs a command with `sh -c` in a process group of its own, because Ctrl-C at the terminal must not leave a firewall
 * half switched. Its output goes to a file instead of a pipe, so that background processes of the command block
 * nothing. If this program is killed, the command still runs to its end or its time limit.
 */
export function runShell({ command, role, env, logFile, timeoutUs, hint }: ShellCommand): ShellRun {
  const log = openSync(logFile, 'a', 0o600);
  writeSync(log, `--- ${new Date().toISOString()} ${role}: ${command}\n`);
  const from = statSync(logFile).size;
  const child = spawn('sh', ['-c', command], {
    detached: true,
    stdio: ['ignore', log, log],
    env: { ...process.env, ...env },
  });
  closeSync(log);
  guardGroup(child, timeoutUs);
  const kill = (): void => endGroup(child);
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    kill();
  }, timeoutUs / 1_000);
  const finished = new Promise<void>((resolve, reject) => {
    const fail = (how: string, cause?: unknown): void => {
      const output = tailOf(logFile, from);
      const said = output === '' ? 'it printed nothing' : `it printed:\n${output}`;
      reject(new EnvironmentError(`${role} ${how}: ${command}\n${said}`, { hint, cause }));
    };
    child.once('error', (cause) => {
      clearTimeout(timer);
      fail('could not be started', cause);
    });
    child.once('exit', (code, ended) => {
      clearTimeout(timer);
      if (isLate) fail(`took longer than ${timeoutUs / 1_000_000} s`);
      else if (code === 0) resolve();
      else fail(code === null ? `died of ${ended}` : `ended with exit code ${code}`);
    });
  });
  return { finished, kill };
}

function tailOf(logFile: string, from: number): string {
  return readFileSync(logFile).subarray(from).toString('utf8').trim().slice(-SHOWN_CHARS);
}
