import { EnvironmentError } from '../../errors.ts';
import { isLibcAvailable } from '../libc/index.ts';
import type { AttemptRecord, Engine, EngineArm, EngineOptions } from '../types.ts';
import { Attempt, type AttemptHost } from './attempt.ts';
import { ExchangePool } from './exchange.ts';

/** As much as Node reads at once. */
const READ_BUFFER_BYTES = 65_536;

/** How late a timeout may be noticed. One sweep serves every connection; a timer each would cost more than it tells. */
const SWEEP_MS = 10;

/**
 * An engine over node:net: runs wherever Node does, at several times the raw engine's cost a connection.
 * On Linux sockets get their options, and TCP_INFO is read, by descriptor; elsewhere `synRetransmits` is not known.
 * @throws EnvironmentError where an arm asks for socket options that this system does not let it set
 */
export function createPortableEngine(options: EngineOptions): Engine {
  return new PortableEngine(options);
}

class PortableEngine implements Engine {
  readonly name = 'portable';
  readonly polls = false;
  readonly readsTcpInfo = isLibcAvailable();
  readonly #options: EngineOptions;
  readonly #exchanges: ExchangePool;
  readonly #attempts = new Set<Attempt>();
  readonly #host: AttemptHost;
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: EngineOptions) {
    if (!this.readsTcpInfo) refuseSocketOptions(options.arms);
    this.#options = options;
    this.#exchanges = new ExchangePool(options.maxOpen);
    this.#host = {
      clock: options.clock,
      observer: options.observer,
      readBuffer: new Uint8Array(READ_BUFFER_BYTES),
      forget: (attempt) => this.#attempts.delete(attempt),
    };
  }

  get open(): number {
    return this.#attempts.size;
  }

  start(arm: number, attempt: number, intendedAtUs: number, source: number, sourcePort: number): void {
    const { arms } = this.#options;
    const spec = arms[arm]!;
    const endpoint = attempt % spec.endpoints.length;
    const record = createRecord({ arm, attempt, endpoint, source, sourcePort, intendedAtUs });
    const exchange = this.#exchanges.take(spec.request?.responseHasNoBody ?? false);
    const started = new Attempt(this.#host, spec, record, exchange);
    this.#attempts.add(started);
    this.#sweeper ??= setInterval(() => this.#sweepAfterEvents(), SWEEP_MS);
    started.begin();
  }

  /** Node's own loop does the work. */
  poll(): void {}

  release(): void {
    for (const attempt of this.#attempts) attempt.release();
  }

  abort(): void {
    for (const attempt of this.#attempts) attempt.abort();
  }

  close(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** Timers come before events in a turn of Node's loop: what is ready but not yet told has not timed out. */
  #sweepAfterEvents(): void {
    setImmediate(() => {
      const nowUs = this.#options.clock();
      for (const attempt of this.#attempts) attempt.expire(nowUs);
      if (this.#attempts.size === 0) this.close();
    });
  }
}

type Beginning = Pick<
  AttemptRecord,
  'arm' | 'attempt' | 'endpoint' | 'source' | 'sourcePort' | 'intendedAtUs'
>;

function createRecord(beginning: Beginning): AttemptRecord {
  return {
    ...beginning,
    phase: 'start',
    cause: 'none',
    errno: 0,
    status: 0,
    bytes: 0,
    startedAtUs: -1,
    establishedAtUs: -1,
    firstByteAtUs: -1,
    respondedAtUs: -1,
    endedAtUs: -1,
    synRetransmits: -1,
    rttUs: -1,
    mss: -1,
    tcpOptions: -1,
  };
}

function refuseSocketOptions(arms: readonly EngineArm[]): void {
  const asked = arms.flatMap(({ socket }) => Object.keys(socket));
  if (asked.length === 0) return;
  const names = [...new Set(asked)].join(', ');
  throw new EnvironmentError(`Node cannot set ${names} of a socket on ${process.platform}.`, {
    hint: 'Run on Linux, or take these socket options out of the scenario.',
  });
}
