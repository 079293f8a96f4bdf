import { type ChildProcess, spawn } from 'node:child_process';
import { findTools } from '../../doctor/read.ts';
import { EnvironmentError } from '../../errors.ts';

const READY_WITHIN_MS = 20_000;
const END_WITHIN_MS = 5_000;
/** What the server said last is shown if it does not start. */
const KEPT_CHARACTERS = 2_000;

export interface RunningServer {
  readonly process: ChildProcess;
  /** Resolves once it has ended, with what it said last. */
  readonly ended: Promise<string>;
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
 * @throws EnvironmentError if it does not start
 */
export async function startNatsServer(program: string, configFile: string): Promise<RunningServer> {
  const child = spawn(program, ['-c', configFile], { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('exit', () => resolve(said));
  });
  let timer: NodeJS.Timeout | undefined;
  const ready = new Promise<true>((resolve) => {
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said = (said + text).slice(-KEPT_CHARACTERS);
      if (said.includes('Server is ready')) resolve(true);
    });
  });
  const late = new Promise<string>((resolve) => {
    timer = setTimeout(resolve, READY_WITHIN_MS, said);
  });
  const outcome = await Promise.race([ready, ended, late]);
  clearTimeout(timer);
  const stop = async (): Promise<void> => {
    const force = setTimeout(() => child.kill('SIGKILL'), END_WITHIN_MS);
    child.kill('SIGTERM');
    await ended;
    clearTimeout(force);
  };
  if (outcome === true) return { process: child, ended, stop };
  await stop();
  const last = outcome.trim().split('\n').at(-1) ?? '';
  throw new EnvironmentError(`nats-server did not start: ${last}`, {
    hint: `try it by hand: ${program} -c ${configFile}`,
  });
}
