import { type ChildProcess, type StdioOptions, spawn } from 'node:child_process';
import { endGroup, guardGroup } from './process-group.ts';

/** What sh runs: a command, which may hold a token, appears neither in the process list nor in the environment of its children. */
const SCRIPT = 'c=$RUSHHOUR_COMMAND; unset RUSHHOUR_COMMAND; eval "$c"';

/** How long output is waited for once a command is over. */
const OUTPUT_GRACE_MS = 500;

export interface TimedCommand {
  /** What sh runs; on Windows, cmd. */
  readonly command: string;
  readonly timeoutUs: number;
  readonly stdio: StdioOptions;
  /** Default: those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  readonly cwd?: string;
}

export interface RunningCommand {
  readonly child: ChildProcess;
  /** Resolves once it is over: how it failed, without repeating it, or undefined if it did not. Never rejects. */
  readonly ended: Promise<string | undefined>;
  /** Ends it and everything it started. @param why completes the sentence "the command ..." */
  end(why: string): void;
}

/**
 * Runs a command in its own process group, so that everything it started ends with it when its time is over, by a guard if
 * this program no longer exists.
 */
export function startTimedCommand(options: TimedCommand): RunningCommand {
  const { timeoutUs } = options;
  const child = start(options);
  guardGroup(child, timeoutUs);
  let why: string | undefined;
  const end = (reason: string): void => {
    why ??= reason;
    endGroup(child);
  };
  const timer = setTimeout(() => end(`took longer than ${timeoutUs / 1_000_000} s`), timeoutUs / 1_000);
  // What it printed last is waited for, but has no time limit.
  child.once('exit', () => clearTimeout(timer));
  const ended = waitFor(child).then((how) => {
    clearTimeout(timer);
    // A background process of the command may hold them open; that must not block anything.
    child.stdout?.destroy();
    child.stderr?.destroy();
    return why ?? how;
  });
  return { child, ended, end };
}

function start({ command, stdio, cwd, env = process.env }: TimedCommand): ChildProcess {
  if (process.platform === 'win32')
    return spawn(command, { shell: true, windowsHide: true, stdio, cwd, env });
  const own = { ...env, RUSHHOUR_COMMAND: command };
  return spawn('sh', ['-c', SCRIPT], { detached: true, stdio, cwd, env: own });
}

/**
 * Waits for a command to end and for what it printed last, but not for what it left in the background, which may keep its
 * output open for ever.
 */
function waitFor(child: ChildProcess): Promise<string | undefined> {
  return new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started (${error.message})`));
    child.once('exit', (code, signal) => {
      const end = (): void =>
        resolve(
          code === 0 ? undefined : code === null ? `died of ${signal}` : `ended with exit code ${code}`,
        );
      const patience = setTimeout(end, OUTPUT_GRACE_MS);
      child.once('close', () => {
        clearTimeout(patience);
        end();
      });
    });
  });
}

/** Keeps the end of what streams bring, all together. @returns the text so far, trimmed */
export function keepTail(
  streams: readonly (NodeJS.ReadableStream | null)[],
  mostChars: number,
): () => string {
  let kept = '';
  for (const stream of streams)
    stream?.setEncoding('utf8').on('data', (text: string) => {
      kept = (kept + text).slice(-mostChars);
    });
  return () => kept.trim();
}
