import { type ChildProcess, spawn } from 'node:child_process';
import type { Readable } from 'node:stream';
import { endGroup, guardGroup, waitForCommand } from '../../process-group.ts';

/** How much of the end of stderr is kept. */
const ERROR_CHARS = 2_000;

/** What sh runs: the command appears neither in the process list nor in the environment of its children. */
const SCRIPT = 'c=$RUSHHOUR_COMMAND; unset RUSHHOUR_COMMAND; eval "$c"';

export interface AskedCommand {
  /** What sh runs. */
  readonly command: string;
  readonly timeoutUs: number;
  /** How much of the beginning of its output is kept. */
  readonly mostBytes: number;
}

/** The result of a command. */
export interface Answer {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly tookMs: number;
  /** Its output, even if it failed. */
  readonly text: string;
  /** Bytes of output beyond that. */
  readonly leftOutBytes: number;
  /** The end of its stderr. */
  readonly errors: string;
  /** How it failed, without repeating the command; absent: it did not. */
  readonly failure?: string;
}

export interface AskedRun {
  /** Never rejects. */
  readonly answered: Promise<Answer>;
  /** Ends it and everything it started. */
  kill(): void;
}

/**
 * Runs a command in its own process group with an empty stdin, so that one that asks for a password fails instead of
 * waiting. It is ended when its time is over, by a guard if this program no longer exists.
 */
export function runCommand({ command, timeoutUs, mostBytes }: AskedCommand): AskedRun {
  const atMs = Date.now();
  const child = start(command);
  guardGroup(child, timeoutUs);
  const output = keepHead(child.stdout, mostBytes);
  const errors = keepTail(child.stderr);
  let why: string | undefined;
  const stop = (reason: string): void => {
    why ??= reason;
    endGroup(child);
  };
  const timer = setTimeout(() => stop(`took longer than ${timeoutUs / 1_000_000} s`), timeoutUs / 1_000);
  const answered = waitForCommand(child).then((ended): Answer => {
    clearTimeout(timer);
    // A background process of the command may hold them open; that must not block anything.
    child.stdout?.destroy();
    child.stderr?.destroy();
    const failure = why ?? ended;
    return {
      ...{ atMs, tookMs: Date.now() - atMs, ...output(), errors: errors() },
      ...(failure === undefined ? {} : { failure }),
    };
  });
  return { answered, kill: () => stop('was ended with the run') };
}

function start(command: string): ChildProcess {
  const stdio: ['ignore', 'pipe', 'pipe'] = ['ignore', 'pipe', 'pipe'];
  if (process.platform === 'win32') return spawn(command, { shell: true, stdio, windowsHide: true });
  const env = { ...process.env, RUSHHOUR_COMMAND: command };
  return spawn('sh', ['-c', SCRIPT], { detached: true, stdio, env });
}

function keepHead(
  stream: Readable | null,
  mostBytes: number,
): () => { readonly text: string; readonly leftOutBytes: number } {
  const kept: Buffer[] = [];
  let room = mostBytes;
  let leftOutBytes = 0;
  stream?.on('data', (chunk: Buffer) => {
    const taken = chunk.subarray(0, room);
    kept.push(taken);
    room -= taken.length;
    leftOutBytes += chunk.length - taken.length;
  });
  return () => ({ text: Buffer.concat(kept).toString('utf8'), leftOutBytes });
}

function keepTail(stream: Readable | null): () => string {
  let kept = '';
  stream?.setEncoding('utf8').on('data', (text: string) => {
    kept = (kept + text).slice(-ERROR_CHARS);
  });
  return () => kept.trim();
}
