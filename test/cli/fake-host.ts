import type { Host, StopSignal } from '../../src/cli/host.ts';
import type { Output } from '../../src/cli/output/process-output.ts';

export interface FakeHost extends Host {
  readonly stdout: Output & { readonly text: string };
  readonly stderr: Output & { readonly text: string };
  /** Sends a signal to whoever listens; false when nobody does. */
  signal(signal: StopSignal): boolean;
}

export interface FakeHostOptions {
  readonly env?: Record<string, string>;
  readonly cwd?: string;
  readonly home?: string;
  readonly tty?: boolean;
  /** Characters of a line of its terminal. */
  readonly columns?: number;
  /** Milliseconds since 1970 at which its clock stands. */
  readonly nowMs?: number;
}

/** A host that keeps what is written and signals when it is told to. */
export function createFakeHost({
  env = {},
  cwd = '/nowhere',
  home = '/nowhere',
  tty = false,
  columns = 100,
  nowMs = Date.UTC(2025, 0, 31, 6),
}: FakeHostOptions = {}): FakeHost {
  const listeners = new Set<(signal: StopSignal) => void>();
  return {
    stdout: createFakeOutput(tty, columns),
    stderr: createFakeOutput(tty, columns),
    env,
    setVariable(name, value) {
      env[name] = value;
    },
    cwd,
    program: 'rushhour',
    home,
    cores: 4,
    now: () => nowMs,
    onStopSignal(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    signal(signal) {
      for (const listener of listeners) listener(signal);
      return listeners.size > 0;
    },
  };
}

function createFakeOutput(isTTY: boolean, columns: number): FakeHost['stdout'] {
  const written: string[] = [];
  return {
    isTTY,
    columns,
    write: (text) => void written.push(text),
    get text() {
      return written.join('');
    },
  };
}
