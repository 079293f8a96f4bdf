import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP, PR_SET_TIMERSLACK } from '../../net/constants.ts';
import { Arena, type Libc, loadLibc } from '../../net/index.ts';
import type { Ticker } from '../../net/ticker.ts';
import type { CreateEngine, DueTime, Engine, EngineArm, EngineOptions } from '../types.ts';
import { Authentication } from './authentication.ts';
import { AUTHORISED, FREE, HANDSHAKE, HELD, NO_CREDENTIALS, UNASKED } from './connection-table.ts';
import { Connections } from './connections.ts';
import { Exchange } from './exchange.ts';
import { Handshake } from './handshake.ts';
import type { HandleReady } from './poll-set.ts';
import { prepareArm, preparedBytes } from './prepared-arm.ts';
import { Proofs } from './proofs.ts';
import { Reactor } from './reactor.ts';

/** One read takes a whole response of typical size. */
const RECEIVE_BYTES = 65_536;

/**
 * Holds a request with credentials, however long the token, unless its body is large: that is sent in several pieces.
 */
const STAGING_BYTES = 65_536;

const READABLE = EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR;

/**
 * Opens connections with direct system calls and epoll. Linux only.
 * @throws EnvironmentError if this is not Linux, koffi is missing, or the system refuses memory or a descriptor
 */
export const createRawEngine: CreateEngine = (options) => {
  const libc = loadLibc();
  // Nanoseconds: by default a thread's waits end up to 50 us late, so that wake-ups can be batched (prctl(2)).
  libc.prctl(PR_SET_TIMERSLACK, 1);
  return new RawEngine(libc, options);
};

class RawEngine implements Engine {
  readonly name = 'raw';
  readonly readsTcpInfo = true;
  readonly polls = true;
  readonly #clock: Ticker;
  readonly #arena: Arena;
  readonly #reactor: Reactor;
  readonly #connections: Connections;
  readonly #handshake: Handshake;
  readonly #exchange: Exchange;
  readonly #proofs: Proofs;
  #isClosed = false;

  constructor(libc: Libc, { arms, observer, clock, maxOpen }: EngineOptions) {
    this.#clock = clock;
    this.#reactor = new Reactor(libc, maxOpen);
    const armBytes = arms.reduce((sum, arm) => sum + preparedBytes(arm), 0);
    this.#arena = new Arena(libc, RECEIVE_BYTES + STAGING_BYTES + armBytes);
    const received = this.#arena.take(RECEIVE_BYTES);
    const staging = this.#arena.take(STAGING_BYTES);
    const prepared = arms.map((arm) => prepareArm(arm, this.#arena));
    this.#connections = new Connections(libc, this.#reactor, prepared, observer, maxOpen);
    this.#handshake = new Handshake(libc, clock, this.#connections, this.#reactor);
    const authentication = new Authentication(libc, this.#connections, staging);
    this.#proofs = new Proofs(this.#connections);
    this.#exchange = new Exchange(libc, clock, this.#connections, authentication, this.#proofs, received);
  }

  get open(): number {
    return this.#connections.table.open;
  }

  get closing(): number {
    return this.#connections.kept.length;
  }

  start(
    arm: number,
    attempt: number,
    due: Readonly<DueTime>,
    source: number,
    sourcePort: number,
    isContinued = false,
  ): void {
    const { table, arms } = this.#connections;
    const prepared = arms[arm];
    // A closed engine's memory is unmapped: using it would crash the process.
    if (prepared === undefined || this.#isClosed) throw new RangeError(`no arm ${arm} in an open engine`);
    const slot = table.take();
    table.arm[slot] = arm;
    table.attempt[slot] = attempt;
    table.endpoint[slot] = attempt % prepared.endpoints.length;
    table.source[slot] = source;
    table.sourcePort[slot] = sourcePort;
    table.intendedAtUs[slot] = due.intendedAtUs;
    table.credentials[slot] = credentialsAtStart(prepared.arm, isContinued);
    this.#handshake.begin(slot);
  }

  poll(maxWaitUs: number): void {
    if (this.#isClosed) return;
    const clock = this.#clock;
    clock.tick();
    const untilDeadlineUs = this.#connections.deadlines.soonestUs() - clock.us[0]!;
    const hasReportedAll = this.#reactor.wait(
      Math.max(0, Math.min(maxWaitUs, untilDeadlineUs)),
      this.#handleReady,
    );
    // An event that is pending has not timed out.
    if (!hasReportedAll) return;
    clock.tick();
    this.#expire(clock.us[0]!);
  }

  watchBesides(fd: number): void {
    this.#reactor.watchBesides(fd);
  }

  closeKept(): void {
    this.#connections.closeKept();
  }

  release(isHurried = false, arm?: number): void {
    this.#clock.tick();
    const nowUs = this.#clock.us[0]!;
    const { phase, capacity } = this.#connections.table;
    for (let slot = 0; slot < capacity; slot++) {
      if (phase[slot] !== HELD || (arm !== undefined && this.#connections.table.arm[slot] !== arm)) continue;
      this.#connections.nowUs = nowUs;
      if (isHurried) this.#connections.settleDone(slot);
      else this.#proofs.beginEarly(slot);
    }
  }

  abort(): void {
    this.#clock.tick();
    const nowUs = this.#clock.us[0]!;
    const { phase, capacity } = this.#connections.table;
    for (let slot = 0; slot < capacity; slot++) {
      if (phase[slot] === FREE) continue;
      this.#connections.nowUs = nowUs;
      this.#connections.settle(slot, this.#connections.phaseOf(slot), 'stopped', 0);
    }
  }

  close(): void {
    if (this.#isClosed) return;
    if (this.open > 0) throw new Error(`${this.open} attempts are still open`);
    this.#isClosed = true;
    this.closeKept();
    this.#reactor.close();
    this.#arena.release();
  }

  /** A field, so that passing it to the reactor allocates no closure. */
  readonly #handleReady: HandleReady = (slot, generation, events) => {
    const { table } = this.#connections;
    if (table.generation[slot] !== generation) return;
    if (table.phase[slot] === HANDSHAKE) {
      if (!this.#handshake.conclude(slot, events)) return;
      this.#exchange.begin(slot);
    } else if ((events & EPOLLOUT) !== 0) {
      this.#exchange.send(slot);
    }
    const isLost = table.lostErrno[slot] !== 0;
    const isDown = (events & (EPOLLHUP | EPOLLERR)) !== 0;
    const isFinished = (events & EPOLLRDHUP) !== 0 && !isDown;
    if ((events & READABLE) !== 0 || isLost) this.#exchange.receive(slot, generation, isFinished, isDown);
  };

  #expire(nowUs: number): void {
    const { deadlines, table } = this.#connections;
    for (;;) {
      const slot = deadlines.takeExpired(nowUs);
      if (slot < 0) return;
      this.#connections.nowUs = nowUs;
      if (table.phase[slot] === HANDSHAKE) this.#handshake.expire(slot);
      else this.#exchange.expire(slot);
    }
  }
}

function credentialsAtStart({ auth }: EngineArm, isContinued: boolean): number {
  if (auth === undefined) return NO_CREDENTIALS;
  return isContinued || auth.mode === 'preemptive' ? AUTHORISED : UNASKED;
}
