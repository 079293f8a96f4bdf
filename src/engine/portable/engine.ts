import { EnvironmentError } from '../../errors.ts';
import { isLibcAvailable } from '../../net/index.ts';
import { clockOf } from '../../net/ticker.ts';
import { formatAdding } from '../../optional.ts';
import { createAttemptRecord } from '../blank-record.ts';
import { listHoldAgesUs } from '../holding.ts';
import type { DueTime, Engine, EngineArm, EngineOptions } from '../types.ts';
import { Attempt, type AttemptHost, type PreparedArm } from './attempt.ts';
import { ExchangePool } from './exchange.ts';
import { TlsLayer } from './tls-layer.ts';

/** How much Node reads at once. */
const READ_BUFFER_BYTES = 65_536;

/**
 * How late a timeout may be detected. One sweep serves every connection; separate timers would cost more than they
 * are worth.
 */
const SWEEP_MS = 10;

/**
 * An engine over node:net: runs wherever Node does, at several times the raw engine's cost per connection. On Linux,
 * socket options are set and TCP_INFO is read through the descriptor; elsewhere `synRetransmits` is not known.
 * @throws EnvironmentError if an arm needs socket options that cannot be set on this system, or
 *   certificates that cannot be read
 */
export function createPortableEngine(options: EngineOptions): Engine {
  return new PortableEngine(options);
}

class PortableEngine implements Engine {
  readonly name = 'portable';
  readonly polls = false;
  readonly readsTcpInfo = isLibcAvailable();
  readonly #arms: readonly PreparedArm[];
  readonly #exchanges: ExchangePool;
  readonly #attempts = new Set<Attempt>();
  readonly #host: AttemptHost;
  /** What closes proved connections that stay open until all of their arm have been. */
  readonly #kept: (() => void)[] = [];
  #sweeper: NodeJS.Timeout | undefined;

  constructor(options: EngineOptions) {
    if (!this.readsTcpInfo) refuseSocketOptions(options.arms);
    this.#arms = options.arms.map((arm) => ({
      arm,
      agesUs: listHoldAgesUs(arm),
      tls: arm.tls === undefined ? undefined : new TlsLayer(arm.tls),
    }));
    this.#exchanges = new ExchangePool(options.maxOpen);
    this.#host = {
      clock: clockOf(options.clock),
      observer: options.observer,
      readBuffer: new Uint8Array(READ_BUFFER_BYTES),
      forget: (attempt) => this.#attempts.delete(attempt),
      keep: (close) => this.#kept.push(close),
    };
  }

  get open(): number {
    return this.#attempts.size;
  }

  get closing(): number {
    return this.#kept.length;
  }

  start(
    arm: number,
    attempt: number,
    { intendedAtUs }: Readonly<DueTime>,
    source: number,
    sourcePort: number,
    isContinued = false,
  ): void {
    const prepared = this.#arms[arm]!;
    const endpoint = attempt % prepared.arm.endpoints.length;
    const record = createAttemptRecord({ arm, attempt, endpoint, source, sourcePort, intendedAtUs });
    const exchange = this.#exchanges.take();
    const started = new Attempt(this.#host, prepared, record, exchange, isContinued);
    this.#attempts.add(started);
    this.#sweeper ??= setInterval(() => this.#sweepAfterEvents(), SWEEP_MS);
    started.begin();
  }

  /** Node's event loop does the work. */
  poll(): void {}

  release(isHurried = false, arm?: number): void {
    for (const attempt of this.#attempts) attempt.release(isHurried, arm);
  }

  closeKept(): void {
    for (const close of this.#kept.splice(0)) close();
  }

  abort(): void {
    for (const attempt of this.#attempts) attempt.abort();
  }

  close(): void {
    this.closeKept();
    this.#stopSweeping();
  }

  #stopSweeping(): void {
    clearInterval(this.#sweeper);
    this.#sweeper = undefined;
  }

  /** Timers run before I/O events in each iteration of Node's loop: an event that is pending has not timed out. */
  #sweepAfterEvents(): void {
    setImmediate(() => {
      const nowUs = this.#host.clock();
      for (const attempt of this.#attempts) attempt.expire(nowUs);
      if (this.#attempts.size === 0) this.#stopSweeping();
    });
  }
}

function refuseSocketOptions(arms: readonly EngineArm[]): void {
  const asked = arms.flatMap(({ socket }) => Object.keys(socket));
  if (asked.length === 0) return;
  const names = [...new Set(asked)].join(', ');
  const first =
    process.platform === 'linux'
      ? `Add koffi: ${formatAdding({ names: ['koffi'] })}. Or`
      : 'Run on Linux, or';
  throw new EnvironmentError(`Node itself cannot set ${names} of a socket.`, {
    hint: `${first} remove these socket options from the scenario.`,
  });
}
