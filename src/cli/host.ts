import { homedir } from 'node:os';
import { readHangupFacts, wasHangupIgnored } from './hangup.ts';
import { createOutput, type Output } from './output/process-output.ts';

/** Ctrl-C, an orderly end, and a terminal that went away (an ssh session that dropped). */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

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
  /** Asks the user at the terminal; absent if there is none. Ctrl-C and Ctrl-D answer nothing. */
  readonly ask?: (question: string) => Promise<string>;
}

/** A terminal that goes away sends SIGHUP more than once: by the shell, and by the kernel as the shell ends. */
const ONE_HANGUP_MS = 1_000;

/** If there is neither HOME nor an entry for the user: a folder that does not exist. Few commands need it. */
function findHome(): string {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}

/** The host that is this process. */
export function createProcessHost(cores: number): Host {
  const signals: readonly StopSignal[] = wasHangupIgnored(readHangupFacts())
    ? ['SIGINT', 'SIGTERM']
    : ['SIGINT', 'SIGTERM', 'SIGHUP'];
  // Node has put it back to deadly: a listener is what keeps nohup's promise.
  if (!signals.includes('SIGHUP')) process.on('SIGHUP', () => {});
  return {
    stdout: createOutput(process.stdout),
    stderr: createOutput(process.stderr),
    env: process.env,
    setVariable(name, value) {
      process.env[name] = value;
    },
    cwd: process.cwd(),
    home: findHome(),
    cores,
    now: Date.now,
    onStopSignal(listener) {
      let hungUpAt = Number.NEGATIVE_INFINITY;
      const hear = (signal: StopSignal): void => {
        if (signal === 'SIGHUP') {
          const again = performance.now() - hungUpAt < ONE_HANGUP_MS;
          hungUpAt = performance.now();
          if (again) return;
          // Further signals of this hangup may arrive when nothing listens any more.
          process.on('SIGHUP', () => {});
        }
        listener(signal);
      };
      for (const signal of signals) process.on(signal, hear);
      return () => {
        for (const signal of signals) process.off(signal, hear);
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
