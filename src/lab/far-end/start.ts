import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { EnvironmentError } from '../../errors.ts';
import { locateBuilt } from '../../places.ts';
import type { HostPort } from '../../scenario/types.ts';
import { formatArguments } from './arguments.ts';
import {
  FAR_END_DEFAULTS,
  type FarEndCounts,
  type FarEndMessage,
  type FarEndOptions,
  type TlsOrigin,
} from './protocol.ts';

/** A running far end. */
export interface FarEnd {
  readonly pid: number;
  readonly proxy: HostPort;
  readonly origin: HostPort;
  /** Present if TLS was requested. */
  readonly tlsOrigin?: TlsOrigin;
  /**
   * Counts so far.
   * @throws EnvironmentError if it has died
   */
  count(): Promise<FarEndCounts>;
  /** Ends it, by force after 2 s; resolves once it has exited. May be called again. */
  stop(): Promise<void>;
  /** Calls the listener if it ends without being stopped. */
  onLost(listener: (why: EnvironmentError) => void): void;
}

const STOP_MS = 2_000;

/** Node hangs forever if it cannot start a thread during startup. A busy Raspberry Pi takes seconds. */
const LISTEN_MS = 60_000;

/** Size of libuv's pool: it opens few files and makes no lookups. */
const POOL = 4;

/** Threads needed: Node's own (main, four of V8, timers, signals) and the pool. */
export const FAR_END_THREADS = 7 + POOL;

const MAIN = locateBuilt('lab/far-end/main.js');

/**
 * Starts the embedded far end and waits until it listens. It ends with this process, however that ends, and not
 * earlier: its own session protects it from Ctrl-C and a closing terminal.
 * @param listenMs how long it may take to listen
 * @throws EnvironmentError if it cannot listen
 */
export async function startFarEnd(
  options: Partial<FarEndOptions> = {},
  listenMs = LISTEN_MS,
): Promise<FarEnd> {
  const argv = formatArguments({ ...FAR_END_DEFAULTS, ...options });
  const child = spawn(process.execPath, [MAIN, ...argv], {
    stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    detached: true,
    env: { ...process.env, UV_THREADPOOL_SIZE: String(POOL) },
  });
  let isWanted = true;
  const messages = followMessages(child);
  const late = setTimeout(() => child.kill('SIGKILL'), listenMs);
  const listening = await messages.next('listening').finally(() => clearTimeout(late));
  return {
    pid: child.pid!,
    proxy: listening.proxy,
    origin: listening.origin,
    ...(listening.tlsOrigin === undefined ? {} : { tlsOrigin: listening.tlsOrigin }),
    async count() {
      const counted = messages.next('counts');
      child.kill('SIGUSR2');
      return (await counted).counts;
    },
    stop() {
      isWanted = false;
      return stopChild(child);
    },
    onLost(listener) {
      child.once('exit', (code, signal) => {
        if (isWanted) listener(lost(code ?? signal));
      });
    },
  };
}

function lost(how: unknown): EnvironmentError {
  return new EnvironmentError(`the embedded far end ended during the load (${how})`, {
    hint: 'something killed it (out of memory: see dmesg); later measurements are meaningless',
  });
}

type MessageOf<K extends FarEndMessage['kind']> = Extract<FarEndMessage, { kind: K }>;

interface Messages {
  next<K extends FarEndMessage['kind']>(kind: K): Promise<MessageOf<K>>;
}

function followMessages(child: ChildProcess): Messages {
  let said = '';
  child.stderr?.on('data', (chunk: Buffer) => (said = `${said}${chunk}`.slice(-2_000)));
  const lines = createInterface({ input: child.stdout! });
  return {
    next: <K extends FarEndMessage['kind']>(kind: K) =>
      new Promise<MessageOf<K>>((resolve, reject) => {
        const onLine = (line: string): void => {
          const message = JSON.parse(line) as FarEndMessage;
          if (message.kind !== kind) return;
          forget();
          resolve(message as MessageOf<K>);
        };
        const onGone = (cause?: unknown): void => {
          forget();
          const how = `it ended with ${child.exitCode ?? child.signalCode ?? String(cause)}`;
          // Node's last lines are a stack of its own functions.
          const why = isStack(said) ? how : said.trim() || how;
          reject(
            new EnvironmentError(`The embedded far end is not running: ${why}.`, {
              ...(why === how
                ? {
                    hint: 'this machine may have run out of threads (ulimit -u), files (ulimit -n) or memory',
                  }
                : {}),
            }),
          );
        };
        const forget = (): void => {
          lines.off('line', onLine);
          child.off('close', onGone);
          child.off('error', onGone);
        };
        lines.on('line', onLine);
        child.once('close', onGone);
        child.once('error', onGone);
      }),
  };
}

function isStack(said: string): boolean {
  return /Native stack trace|Assertion failed|Fatal process OOM|^\s+at /m.test(said);
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  // Through its channel, because it ignores signals.
  if (child.connected) child.disconnect();
  const force = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
  await gone;
  clearTimeout(force);
}
