import { closeSync, openSync, readFileSync, statSync, writeSync } from 'node:fs';
import { EnvironmentError } from '../errors.ts';
import { startTimedCommand } from '../timed-command.ts';

/** Of the output of a command that failed, what an error repeats. */
const SHOWN_CHARS = 2_000;

export interface ShellCommand {
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
 * Runs a command that Ctrl-C at the terminal does not reach, as it must not leave a firewall half switched. Its output goes to a
 * file instead of a pipe, so that background processes of the command block nothing. If this program is killed, the
 * command still runs to its end or its time limit.
 */
export function runShell({ command, role, env, logFile, timeoutUs, hint }: ShellCommand): ShellRun {
  const log = openSync(logFile, 'a', 0o600);
  writeSync(log, `--- ${new Date().toISOString()} ${role}: ${command}\n`);
  const from = statSync(logFile).size;
  const { ended, end } = startTimedCommand({
    ...{ command, timeoutUs, stdio: ['ignore', log, log] },
    env: { ...process.env, ...env },
  });
  closeSync(log);
  const finished = ended.then((how) => {
    if (how === undefined) return;
    const output = tailOf(logFile, from);
    const said = output === '' ? 'it printed nothing' : `it printed:\n${output}`;
    throw new EnvironmentError(`${role} ${how}: ${command}\n${said}`, { hint });
  });
  return { finished, kill: () => end('was interrupted') };
}

function tailOf(logFile: string, from: number): string {
  return readFileSync(logFile).subarray(from).toString('utf8').trim().slice(-SHOWN_CHARS);
}
