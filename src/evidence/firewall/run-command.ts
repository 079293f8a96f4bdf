import type { Readable } from 'node:stream';
import { keepTail, startTimedCommand } from '../../timed-command.ts';

/** How much of the end of stderr is kept. */
const ERROR_CHARS = 2_000;

export interface AskedCommand {
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

/** Asks a command for its output. Its stdin is empty, so that one that asks for a password fails instead of waiting. */
export function runCommand({ command, timeoutUs, mostBytes }: AskedCommand): AskedRun {
  const atMs = Date.now();
  const { child, ended, end } = startTimedCommand({ command, timeoutUs, stdio: ['ignore', 'pipe', 'pipe'] });
  const output = keepHead(child.stdout, mostBytes);
  const errors = keepTail([child.stderr], ERROR_CHARS);
  const answered = ended.then(
    (failure): Answer => ({
      ...{ atMs, tookMs: Date.now() - atMs, ...output(), errors: errors() },
      ...(failure === undefined ? {} : { failure }),
    }),
  );
  return { answered, kill: () => end('was ended with the run') };
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
