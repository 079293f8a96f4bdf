import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../net/ticker.ts';
import type { AttemptPhase, EndCause } from '../../outcome/classify.ts';
import { chooseHoldAge } from '../holding.ts';
import { diagnoseLack } from '../lack.ts';
import type { AttemptObserver, AttemptRecord, EngineArm } from '../types.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { Dialogue } from './dialogue.ts';
import { isAfterHandshake, isReset } from './errno.ts';
import type { Exchange } from './exchange.ts';
import { Proof, type Verdict } from './proof.ts';
import type { TlsLayer } from './tls-layer.ts';

/** What attempts share with their engine. */
export interface AttemptHost {
  readonly clock: Clock;
  readonly observer: AttemptObserver;
  /** All sockets read into this buffer: Node delivers what it read before it reads again. */
  readonly readBuffer: Uint8Array;
  /** The attempt has ended; called before the observer is notified. */
  forget(attempt: Attempt): void;
  /** Its connection stays open until this is called. */
  keep(close: () => void): void;
}

/** An arm with the data that its attempts share. */
export interface PreparedArm {
  readonly arm: EngineArm;
  /** The ages at which its connections have been held long enough. */
  readonly agesUs: readonly number[];
  readonly tls: TlsLayer | undefined;
}

/** One connection, from socket to close, driven by Node's event loop: handshake, tunnel, TLS, response, hold. */
export class Attempt implements ConnectionEvents {
  readonly #host: AttemptHost;
  readonly #arm: EngineArm;
  readonly #tls: TlsLayer | undefined;
  /** The one of the arm's ages that applies to this connection. */
  readonly #holdUs: number;
  readonly #record: AttemptRecord;
  readonly #proof: Proof;
  readonly #connection = new Connection(this);
  readonly #dialogue: Dialogue;
  #deadlineUs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(
    host: AttemptHost,
    { arm, agesUs, tls }: PreparedArm,
    record: AttemptRecord,
    exchange: Exchange,
    isContinued: boolean,
  ) {
    this.#host = host;
    this.#arm = arm;
    this.#tls = tls;
    this.#holdUs =
      arm.holdsTogether === true
        ? Number.POSITIVE_INFINITY
        : agesUs[chooseHoldAge(record.attempt, arm, agesUs.length)]!;
    this.#record = record;
    this.#proof = new Proof(this.#connection, record);
    this.#dialogue = new Dialogue(
      { arm, record, exchange, connection: this.#connection, clock: host.clock, isContinued },
      {
        enter: (phase) => this.#enter(phase, arm.responseTimeoutUs),
        settle: (phase, cause) => this.#settle(phase, cause),
        tunnelled: () => this.#proceed(),
        responded: (isClosed) => this.#meetResponse(isClosed),
      },
    );
  }

  begin(): void {
    const record = this.#record;
    const { endpoints, sources, socket: options } = this.#arm;
    const route = {
      endpoint: endpoints[record.endpoint]!,
      source: sources[record.source],
      sourcePort: record.sourcePort,
      options,
    };
    this.calling();
    const errno = this.#connection.open(route, this.#tls === undefined ? this.#host.readBuffer : undefined);
    if (errno !== undefined) this.#refuse(errno, true);
  }

  /** Advances or ends the attempt if its current phase has timed out. */
  expire(nowUs: number): void {
    if (nowUs < this.#deadlineUs) return;
    if (this.#proof.isUnderWay) this.#conclude(this.#proof.look(nowUs));
    else if (this.#record.phase === 'held') this.#conclude(this.#proof.begin(this.#holdUs, nowUs));
    else this.#settle(this.#record.phase, 'timeout');
  }

  /**
   * Ends a hold as if its time were up.
   * @param isHurried nothing is proved
   * @param arm only if it is of this arm
   */
  release(isHurried: boolean, arm?: number): void {
    if (this.#record.phase !== 'held' || this.#proof.isUnderWay) return;
    if (arm !== undefined && arm !== this.#record.arm) return;
    // Whoever names an arm has planned it, and has the time.
    const isProved = !isHurried && (arm !== undefined || this.#proof.isPrompt);
    this.#conclude(isProved ? this.#proof.beginEarly(this.#host.clock()) : 'unproved');
  }

  #conclude(verdict: Verdict): void {
    if (typeof verdict === 'number') this.#deadlineUs = verdict;
    else if (verdict === 'silent') this.#settle('held', 'timeout');
    else this.#settle('done', 'none');
  }

  abort(): void {
    this.#settle(this.#record.phase, 'stopped');
  }

  /** The timeout starts only now. */
  calling(): void {
    this.#record.startedAtUs = this.#host.clock();
    this.#enter('handshake', this.#arm.handshakeTimeoutUs);
  }

  connected(): void {
    this.#markEstablished();
    this.#proceed();
  }

  refused(errno: number): void {
    if (this.#isOver) return;
    if (isAfterHandshake(errno)) this.#markEstablished();
    else this.#connection.noteRefusal(this.#record, this.#arm.endpoints[this.#record.endpoint]!, errno);
    if (this.#record.phase === 'done') this.#settle('done', 'none');
    else this.#settle(this.#record.phase, 'errno', errno);
  }

  failed(errno: number, tlsCode: string | undefined, wasBind = false): void {
    const { phase } = this.#record;
    if (tlsCode !== undefined) this.#settle(phase, 'tls', 0, tlsCode);
    // Without a prior handshake failure, an error in this phase comes from connect() or bind() itself: no SYN was
    // sent.
    else if (phase === 'handshake') this.#refuse(errno, wasBind);
    else if (isReset(errno) && this.#dialogue.isUnanswered()) this.#settle(phase, 'challenged');
    else this.#settle(phase, 'errno', errno);
  }

  /** This machine refused to start it. */
  #refuse(errno: number, wasBind: boolean): void {
    const record = this.#record;
    record.lacks = diagnoseLack(errno, wasBind, this.#arm.endpoints[record.endpoint]!);
    this.#settle('start', 'errno', errno);
  }

  /** Bytes after a complete response are read, so that closing does not cause a reset, but ignored. */
  received(bytes: Uint8Array, count: number): void {
    if (!this.#isOver) this.#dialogue.received(bytes, count);
  }

  ended(): void {
    if (this.#isOver) return;
    const { phase } = this.#record;
    if (phase === 'closing') this.#settle('done', 'none');
    else if (this.#dialogue.completesAtEnd()) return;
    else if (this.#dialogue.isUnanswered()) this.#settle(phase, 'challenged');
    else this.#settle(phase, 'eof');
  }

  #markEstablished(): void {
    this.#record.establishedAtUs = this.#host.clock();
    this.#connection.readFacts(this.#record);
    const { tunnel, request, holdUs, responseTimeoutUs } = this.#arm;
    if (tunnel !== undefined) this.#enter('tunnel', responseTimeoutUs);
    else if (this.#tls !== undefined) this.#enter('tls', responseTimeoutUs);
    else if (request !== undefined) this.#enter('response', responseTimeoutUs);
    else if (holdUs > 0) this.#enter('held', this.#holdUs);
    else this.#record.phase = 'done';
    this.#host.observer.established(this.#record);
  }

  /** Starts the next step on the connection. */
  #proceed(): void {
    const { tunnel, request } = this.#arm;
    const { tunnelledAtUs, securedAtUs } = this.#record;
    if (tunnel !== undefined && tunnelledAtUs < 0) this.#dialogue.ask('tunnel', tunnel);
    else if (this.#tls !== undefined && securedAtUs < 0) this.#secure(this.#tls);
    else if (request !== undefined) this.#dialogue.ask('response', request);
    else this.#holdOrFinish();
  }

  #secure(tls: TlsLayer): void {
    this.#enter('tls', this.#arm.responseTimeoutUs);
    this.#connection.secure(tls, (secured) => this.#trust(tls, secured));
  }

  #trust(tls: TlsLayer, secured: TLSSocket): void {
    if (this.#isOver) return;
    const tlsCode = tls.distrust(secured);
    if (tlsCode !== undefined) {
      this.#settle('tls', 'tls', 0, tlsCode);
      return;
    }
    this.#record.securedAtUs = this.#host.clock();
    this.#proceed();
  }

  #meetResponse(isClosed: boolean): void {
    if (isClosed && this.#arm.holdUs > 0) this.#settle('held', 'eof');
    else if (isClosed) this.#settle('done', 'none');
    else this.#holdOrFinish();
  }

  #holdOrFinish(): void {
    if (this.#arm.holdUs > 0) {
      this.#noteResent();
      this.#enter('held', this.#holdUs);
    } else this.#finish();
  }

  /** Bare TCP has no exchange whose end the far end could mark by closing. */
  #finish(): void {
    const isExchange = this.#arm.close === 'peer' && this.#arm.request !== undefined;
    const awaitsFin = isExchange && !this.#dialogue.leavesOpen();
    if (awaitsFin) this.#enter('closing', this.#arm.responseTimeoutUs);
    else this.#settle('done', 'none');
  }

  #enter(phase: AttemptPhase, lastsUs: number): void {
    this.#record.phase = phase;
    this.#deadlineUs = this.#host.clock() + lastsUs;
  }

  #settle(phase: AttemptPhase, cause: EndCause, errno = 0, tlsCode = ''): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const record = this.#record;
    record.phase = phase;
    record.cause = cause;
    record.errno = errno;
    // If credentials get no response, the challenge remains the last response.
    if (cause === 'challenged' && record.status === 0) record.status = record.challengeStatus;
    record.errorName = this.#dialogue.takeErrorName();
    if (tlsCode !== '') record.tlsCode = tlsCode;
    this.#close(phase);
    record.endedAtUs = this.#host.clock();
    this.#host.forget(this);
    this.#dialogue.close();
    this.#host.observer.settled(record);
  }

  #noteResent(): void {
    if (this.#connection.isOpen) this.#connection.readResent(this.#record, this.#host.clock());
  }

  #close(phase: AttemptPhase): void {
    if (!this.#connection.isOpen) return;
    const isConnected = this.#record.establishedAtUs >= 0;
    if (isConnected) this.#noteResent();
    else if (phase === 'handshake') this.#connection.readFacts(this.#record);
    const close = (): void =>
      this.#connection.close(isConnected && this.#arm.close === 'reset' ? 'reset' : 'close');
    const { holdsTogether } = this.#arm;
    if (holdsTogether === true && phase === 'done' && this.#proof.isUnderWay) this.#host.keep(close);
    else close();
  }
}
