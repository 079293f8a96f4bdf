import { homedir } from 'node:os';
import type { WriteStream } from 'node:tty';

/** Where text goes. */
export interface Output {
  write(text: string): void;
  readonly isTTY: boolean;
  /** Of the terminal now; without end where there is none. */
  readonly columns: number;
}

export type StopSignal = 'SIGINT' | 'SIGTERM';

/** All that the command line has of the outside world, so that a test can run it in its own process. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sets a variable of this process's environment, which `env` and what the process starts then have. */
  setVariable(name: string, value: string): void;
  readonly cwd: string;
  readonly home: string;
  readonly cores: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls the listener for each signal instead of dying of it; returns what puts things back. */
  onStopSignal(listener: (signal: StopSignal) => void): () => void;
  /** Asks whoever sits at the terminal; absent where nobody does. Ctrl-C and Ctrl-D answer nothing. */
  readonly ask?: (question: string) => Promise<string>;
}

/** The host that is this process. */
export function createProcessHost(cores: number): Host {
  return {
    stdout: createOutput(process.stdout),
    stderr: createOutput(process.stderr),
    env: process.env,
    setVariable(name, value) {
      process.env[name] = value;
    },
    cwd: process.cwd(),
    home: homedir(),
    cores,
    now: Date.now,
    onStopSignal(listener) {
      process.on('SIGINT', listener);
      process.on('SIGTERM', listener);
      return () => {
        process.off('SIGINT', listener);
        process.off('SIGTERM', listener);
      };
    },
    ...(process.stdin.isTTY === true ? { ask } : {}),
  };
}

async function ask(question: string): Promise<string> {
  const { createInterface } = await import('node:readline');
  const terminal = createInterface({ input: process.stdin, output: process.stderr });
  try {
    return await new Promise<string>((resolve) => {
      terminal.once('close', () => resolve(''));
      terminal.question(question, resolve);
    });
  } finally {
    terminal.close();
  }
}

/** A reader that goes away (`| head`) ends the output, not the run. */
function createOutput(stream: NodeJS.WriteStream): Output {
  let gone = false;
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
    gone = true;
  });
  return {
    write(text) {
      if (!gone) stream.write(text);
    },
    get isTTY() {
      return stream.isTTY === true;
    },
    get columns() {
      return (stream as Partial<WriteStream>).columns || Number.POSITIVE_INFINITY;
    },
  };
}

/**
 * Whether to colour what goes to an output: FORCE_COLOR and NO_COLOR decide where set (force-color.org, no-color.org),
 * else whether it is a terminal that knows colours.
 */
export function wantsColour(host: Host, output: Output): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = host.env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return output.isTTY && TERM !== 'dumb';
}
