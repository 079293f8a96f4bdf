import { fork } from 'node:child_process';
import { EnvironmentError } from '../errors.ts';
import { formatAdding } from '../optional.ts';
import { locateBuilt } from '../places.ts';
import { redactPath } from '../scenario/secrets.ts';
import { PAST_THE_PROXY } from './past-the-proxy.ts';
import type { Reply } from './types.ts';

/** How long a script may compute. Browsers give up sooner or freeze; a Raspberry Pi is slow. */
const PATIENCE_MS = 5_000;

/** Besides: to start Node, and for name servers that do not answer. */
const STARTING_MS = 10_000;

const PROGRAM = locateBuilt('pac/main.js');

export interface AskOptions {
  readonly patienceMs?: number;
  readonly startingMs?: number;
  readonly program?: string;
}

/**
 * What a script of proxies says of each URL, evaluated in a process that is killed where it takes too long.
 * @param name what errors call the script
 * @throws EnvironmentError where the script fails or hangs, or the packages that evaluate it are not installed
 */
export async function askScript(
  name: string,
  script: string,
  urls: readonly string[],
  { patienceMs = PATIENCE_MS, startingMs = STARTING_MS, program = PROGRAM }: AskOptions = {},
): Promise<readonly string[]> {
  const reply = await converse({ script, urls, patienceMs }, patienceMs + startingMs, program);
  if ('answers' in reply) return reply.answers;
  if ('missing' in reply) {
    throw new EnvironmentError(
      `a PAC script needs the npm packages pac-resolver and quickjs-wasi, which could not be loaded (${reply.missing})`,
      {
        hint: `${formatAdding({ names: ['pac-resolver', 'quickjs-wasi'] })} (no compiler needed); or give the proxy with --proxy`,
      },
    );
  }
  throw new EnvironmentError(redactPath(`${name} names no proxy for ${urls.join(', ')}: ${reply.fault}`), {
    hint: `fix the script, or give the proxy with --proxy; ${PAST_THE_PROXY}`,
  });
}

/** No variable goes along but the zone, which weekdayRange and timeRange need: a script is none of our secrets' business. */
function converse(question: object, limitMs: number, program: string): Promise<Reply> {
  const { TZ } = process.env;
  const child = fork(program, [], { env: TZ === undefined ? {} : { TZ }, stdio: 'ignore' });
  return new Promise<Reply>((resolve) => {
    const late = { fault: `it had not answered after ${limitMs / 1_000} s and was stopped` };
    const timer = setTimeout(() => resolve(late), limitMs);
    child.once('message', (reply) => resolve(reply as Reply));
    child.once('error', ({ message }) => resolve({ fault: message }));
    child.once('exit', (code, signal) =>
      resolve({ fault: `it ended without an answer (${signal ?? `exit code ${code}`})` }),
    );
    child.send(question, (error) => {
      if (error !== null) resolve({ fault: error.message });
    });
    child.once('exit', () => clearTimeout(timer));
  }).finally(() => child.kill('SIGKILL'));
}
