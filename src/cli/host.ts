import { homedir } from 'node:os';
import { readHangupFacts, wasHangupIgnored } from './hangup.ts';
import { createOutput, type Output } from './output/process-output.ts';
import { asTyped, nameOfProgram } from './program-name.ts';

/** Ctrl-C, an orderly termination, and a lost terminal (a dropped ssh session). */
export type StopSignal = 'SIGINT' | 'SIGTERM' | 'SIGHUP';

/** Everything that the command line uses of its environment, so that tests can run it in-process. */
export interface Host {
  readonly stdout: Output;
  readonly stderr: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Sets an environment variable of this process and its children. */
  setVariable(name: string, value: string): void;
  readonly cwd: string;
  /** What the user has to type for this program: `rushhour`, or a path, as in a clone. */
  readonly program: string;
  readonly home: string;
  readonly cores: number;
  /** Milliseconds since 1970. */
  now(): number;
  /** Calls the listener for each signal instead of terminating; returns a function that restores the default. */
  onStopSignal(listener: (signal: StopSignal) => void): () => void;
  /** Asks the user at the terminal; absent if there is none. Ctrl-C and Ctrl-D answer nothing. */
  readonly ask?: (question: string) => Promise<string>;
}

/** A lost terminal causes SIGHUP more than once: from the shell, and from the kernel when the shell exits. */
const ONE_HANGUP_MS = 1_000;

/** Used if there is neither HOME nor an entry for the user: a folder that does not exist. Few commands need it. */
function findHome(): string {
  try {
    return homedir();
  } catch {
    return '/nonexistent';
  }
}

/** The host for this process. */
export function createProcessHost(cores: number): Host {
  const signals: readonly StopSignal[] = wasHangupIgnored(readHangupFacts())
    ? ['SIGINT', 'SIGTERM']
    : ['SIGINT', 'SIGTERM', 'SIGHUP'];
  const program = nameOfProgram(process.argv[1] ?? '', process.cwd(), process.env['PATH'] ?? '');
  // Node has reset it to its default: a listener keeps nohup's promise.
  if (!signals.includes('SIGHUP')) process.on('SIGHUP', () => {});
  return {
    stdout: createOutput(process.stdout),
    stderr: createOutput(process.stderr, (text) => asTyped(text, program)),
    program,
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
          // Further signals of this hangup may arrive after the last listener is gone.
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
 * Whether to colour an output: FORCE_COLOR and NO_COLOR decide if set (force-color.org, no-color.org), otherwise
 * whether it is a terminal with colours.
 */
export function wantsColour(host: Host, output: Output): boolean {
  const { FORCE_COLOR, NO_COLOR, TERM } = host.env;
  if (FORCE_COLOR !== undefined && FORCE_COLOR !== '') return FORCE_COLOR !== '0' && FORCE_COLOR !== 'false';
  if (NO_COLOR !== undefined && NO_COLOR !== '') return false;
  return output.isTTY && TERM !== 'dumb';
}
