import { type ChildProcess, spawn } from 'node:child_process';
import { EnvironmentError } from '../errors.ts';
import { endGroup, guardGroup, waitForCommand } from '../process-group.ts';

/** Of what a command that failed printed, the end that an error repeats. */
const SHOWN_CHARS = 2_000;

/** The command named by --hook, which receives a verdict. */
export interface NotifyCommand {
  /** What sh runs. It may hold a token: it is never repeated. */
  readonly command: string;
  /** What it reads on stdin. */
  readonly input: string;
  /** Added to the environment. */
  readonly env: Readonly<Record<string, string>>;
  readonly timeoutUs: number;
}

/** Where it runs, and what may end it. */
export interface NotifyingHost {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  /** Calls the listener for each signal; returns what puts things back. */
  onStopSignal(listener: () => void): () => void;
}

/**
 * Runs it with `sh -c` in a process group of its own, so that everything it started ends with it when its time is
 * over.
 * @throws EnvironmentError with the end of its output if it does not exit with 0 in time
 */
export async function runNotifyCommand(
  { command, input, env, timeoutUs }: NotifyCommand,
  host: NotifyingHost,
): Promise<void> {
  const child = spawn('sh', ['-c', command], {
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: host.cwd,
    env: { ...host.env, ...env },
  });
  guardGroup(child, timeoutUs);
  const output = keepOutput(child);
  // It need not read what it is given.
  child.stdin.on('error', () => {});
  child.stdin.end(input);
  let why: string | undefined;
  const stop = (reason: string): void => {
    why ??= reason;
    endGroup(child);
  };
  const timer = setTimeout(() => stop(`took longer than ${timeoutUs / 1_000_000} s`), timeoutUs / 1_000);
  const stopListening = host.onStopSignal(() => stop('was interrupted'));
  try {
    const ended = await waitForCommand(child);
    const how = why ?? ended;
    if (how !== undefined) throw failed(how, output());
  } finally {
    clearTimeout(timer);
    stopListening();
    // A background process of the command may hold them open; that must not block anything.
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function keepOutput(child: ChildProcess): () => string {
  let kept = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-SHOWN_CHARS);
    });
  }
  return () => kept.trim();
}

function failed(how: string, output: string): EnvironmentError {
  const said = output === '' ? 'it printed nothing' : `it printed:\n${output}`;
  return new EnvironmentError(`the command of --hook ${how}; ${said}`, {
    hint: 'the verdict above stands; run the command by hand with the output of --json on its stdin',
  });
}
