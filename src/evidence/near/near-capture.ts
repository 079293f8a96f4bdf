import { Worker } from 'node:worker_threads';
import { EnvironmentError } from '../../errors.ts';
import { hasCapability, SETCAP_RAW } from '../../net/link/needs.ts';
import { isLibcAvailable } from '../../net/load.ts';
import { locateBuilt } from '../../places.ts';
import type { FromNear, NearFound, NearTask, ToNear } from './near-protocol.ts';

/** Captures during a run, in its own thread. */
export interface NearCapture {
  /** Load starts: second 0, milliseconds since 1970. */
  start(atEpochMs: number): void;
  /** Examines the packets of attempts (metrics/noted.ts). If the thread is gone, or late, it finds nothing. */
  look(noted: Float64Array): Promise<NearFound>;
  stop(): Promise<void>;
}

/** Why packets cannot be captured here, and how to fix it. */
export interface CaptureLack {
  readonly what: string;
  readonly mend: string;
}

export type NearOptions = NearTask & {
  /** It ended by itself: nothing more is captured. */
  readonly onLost: (why: Error) => void;
};

/** Examining a thousand attempts takes milliseconds. */
const LATE_MS = 5_000;

const NOTHING: NearFound = { answers: {}, kept: [], dropped: 0 };

/** @returns undefined: they can be captured, as far as this process can tell */
export function whyNoCapture(platform: NodeJS.Platform = process.platform): CaptureLack | undefined {
  if (platform !== 'linux')
    return { what: `this works only on Linux, and this is ${platform}`, mend: 'run it on Linux' };
  if (!isLibcAvailable())
    return {
      what: 'the npm package koffi is not available on this machine',
      mend: 'install it: npm install koffi',
    };
  if (!hasCapability('CAP_NET_RAW'))
    return {
      what: 'this user lacks CAP_NET_RAW',
      mend: `use sudo, or permit it to every program that this Node runs: ${SETCAP_RAW}`,
    };
  return undefined;
}

/**
 * Starts to capture the handshakes with these arms' endpoints.
 * @throws EnvironmentError if the kernel refuses
 */
export async function openNearCapture({ onLost, ...task }: NearOptions): Promise<NearCapture> {
  const thread = new Worker(locateBuilt('evidence/near/near-thread.js'), { workerData: task });
  return new NearThread(thread, onLost).opened();
}

class NearThread implements NearCapture {
  readonly #thread: Worker;
  readonly #waiting = new Map<number, (found: NearFound) => void>();
  readonly #gone: Promise<void>;
  readonly #ready: Promise<void>;
  #looks = 0;
  #isStopping = false;
  #isGone = false;

  constructor(thread: Worker, onLost: (why: Error) => void) {
    this.#thread = thread;
    this.#gone = new Promise((resolve) => thread.once('exit', () => resolve()));
    let fault: Error | undefined;
    this.#ready = new Promise((resolve, reject) => {
      thread.on('message', (message: FromNear) => {
        if (message.kind === 'ready') resolve();
        else if (message.kind === 'fault') {
          fault = new EnvironmentError(message.message, { hint: HINT });
          reject(fault);
        } else this.#take(message.id, message);
      });
      thread.on('error', (error: Error) => {
        fault = error;
        reject(error);
      });
      thread.once('exit', () => reject(new Error('the thread that captures packets has ended')));
    });
    this.#ready.catch(() => undefined);
    void this.#gone.then(() => {
      this.#isGone = true;
      for (const id of [...this.#waiting.keys()]) this.#take(id, NOTHING);
      if (!this.#isStopping) onLost(fault ?? new Error('its thread has ended'));
    });
  }

  async opened(): Promise<NearCapture> {
    try {
      await this.#ready;
    } catch (error) {
      this.#isStopping = true;
      await this.stop();
      throw error;
    }
    // Only a run keeps this process alive.
    this.#thread.unref();
    return this;
  }

  start(atEpochMs: number): void {
    this.#post({ kind: 'start', atEpochMs });
  }

  look(noted: Float64Array): Promise<NearFound> {
    if (this.#isGone || this.#isStopping) return Promise.resolve(NOTHING);
    this.#looks += 1;
    const id = this.#looks;
    return new Promise((resolve) => {
      const late = setTimeout(() => this.#take(id, NOTHING), LATE_MS);
      this.#waiting.set(id, (found) => {
        clearTimeout(late);
        resolve(found);
      });
      this.#post({ kind: 'look', id, noted });
    });
  }

  async stop(): Promise<void> {
    this.#isStopping = true;
    if (this.#isGone) return;
    this.#thread.ref();
    this.#post({ kind: 'stop' });
    await this.#gone;
  }

  #take(id: number, found: NearFound): void {
    this.#waiting.get(id)?.(found);
    this.#waiting.delete(id);
  }

  #post(message: ToNear): void {
    this.#thread.postMessage(message);
  }
}

const HINT = 'leave them out: --capture off';
