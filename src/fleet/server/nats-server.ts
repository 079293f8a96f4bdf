import { type ChildProcess, spawn } from 'node:child_process';
import { findTools } from '../../doctor/read.ts';
import { EnvironmentError } from '../../errors.ts';

const READY_WITHIN_MS = 20_000;
const RELOAD_WITHIN_MS = 10_000;
const END_WITHIN_MS = 5_000;
/** What the server said last is shown if it does not start. */
const KEPT_CHARACTERS = 2_000;

export interface RunningServer {
  readonly process: ChildProcess;
  /** Resolves once it has ended, with what it said last. */
  readonly ended: Promise<string>;
  /**
   * Lets it read its configuration again, without closing the connections of those who may still connect.
   * @throws EnvironmentError if it refuses, or does not answer
   */
  reload(): Promise<void>;
  stop(): Promise<void>;
}

/** @throws EnvironmentError if this machine has none */
export function findNatsServer(path: string): string {
  const program = findTools(['nats-server'], path)['nats-server'];
  if (program !== undefined) return program;
  throw new EnvironmentError('nats-server is not installed on this machine', {
    hint: 'apt-get install nats-server, or put the program of github.com/nats-io/nats-server on the PATH',
  });
}

/**
 * Starts the server, which ends by `stop`, and goes on if this process is killed.
 * @param note is told its process id before it is ready
 * @throws EnvironmentError if it does not start
 */
export async function startNatsServer(
  program: string,
  configFile: string,
  note: (pid: number) => Promise<void> = async () => {},
): Promise<RunningServer> {
  // In a process group of its own: Ctrl-C at the terminal is for the program that runs it, which ends it in order.
  const child = spawn(program, ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'], detached: true });
  let said = '';
  const listeners = new Set<(text: string) => void>();
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', (_, signal) => resolve(signal === null ? said : `${said}\nkilled by ${signal}`));
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-KEPT_CHARACTERS);
    for (const listener of listeners) listener(text);
  });
  /** Resolves with true once it has said so, with what it said last if it ends, says otherwise or says nothing. */
  const hear = async (wanted: string, unwanted: string, withinMs: number): Promise<true | string> => {
    let timer: NodeJS.Timeout | undefined;
    let heard = '';
    const answer = new Promise<true | string>((resolve) => {
      listeners.add((text) => {
        heard += text;
        if (heard.includes(wanted)) resolve(true);
        if (heard.includes(unwanted)) resolve(heard);
      });
      timer = setTimeout(() => resolve(said), withinMs);
    });
    try {
      return await Promise.race([answer, ended]);
    } finally {
      clearTimeout(timer);
      listeners.clear();
    }
  };
  const stop = async (): Promise<void> => {
    const force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  };
  const reload = async (): Promise<void> => {
    const answer = hear('Reloaded server configuration', 'Failed to reload', RELOAD_WITHIN_MS);
    child.kill('SIGHUP');
    const outcome = await answer;
    if (outcome === true) return;
    throw new EnvironmentError(`nats-server did not take its new configuration: ${lastLineOf(outcome)}`, {
      hint: 'stop "rushhour fleet up" and start it again: what it holds stays in the folder',
    });
  };
  const hearing = hear('Server is ready', '[FTL]', READY_WITHIN_MS);
  if (child.pid !== undefined) await note(child.pid);
  const outcome = await hearing;
  if (outcome === true) return { process: child, ended, reload, stop };
  await stop();
  throw new EnvironmentError(`nats-server did not start: ${lastLineOf(outcome)}`, {
    hint: outcome.includes('address already in use')
      ? 'another server is at that port, such as that of Debian’s package ("systemctl disable --now nats-server" stops it); or choose another with --port'
      : `try it by hand: ${program} -c ${configFile}`,
  });
}

/** Of what the server said. */
export function lastLineOf(said: string): string {
  return said.trim().split('\n').at(-1) ?? '';
}
