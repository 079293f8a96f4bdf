import type { EndCause } from '../../outcome/classify.ts';
import { diagnoseLack } from '../lack.ts';
import { Connection as SocketConnection } from '../portable/connection.ts';
import { isAfterHandshake, isReset } from '../portable/errno.ts';
import type { ExchangePool } from '../portable/exchange.ts';
import type { AttemptRecord, Endpoint } from '../types.ts';
import { Exchange } from './exchange.ts';
import type { PageObject } from './page-object.ts';
import type { Answer, BrowserArm, BrowserHost } from './types.ts';

/**
 * What happened to a request whose connection ended. `stale`: nothing came back on a reused connection; `challenged`:
 * it was sent with credentials after a challenge, and nothing came back; `failed`: anything else.
 */
export type Lost = 'stale' | 'challenged' | 'failed';

/** The owner of a connection. */
export interface ConnectionOwner {
  /** The handshake is complete. */
  ready(connection: Connection): void;
  /** The owner sends another request, leaves it idle or ends it. */
  answered(connection: Connection, object: PageObject, answer: Answer): void;
  /**
   * It is closed and recorded.
   * @param object whose request was in progress
   */
  over(connection: Connection, object: PageObject | undefined, lost: Lost): void;
}

/** What the connections of a population share. */
export interface Shared {
  readonly arm: BrowserArm;
  readonly host: BrowserHost;
  /** Everything that arrives is read into it, and used at once. */
  readonly readBuffer: Uint8Array;
  readonly responses: ExchangePool;
}

/** One connection of a browser: a socket created like that of any other attempt, which carries one request at a time. */
export class Connection {
  readonly record: AttemptRecord;
  /** Number of the host that it serves, see {@link PageCompiler.hostOf}. */
  readonly site: number;
  readonly #shared: Shared;
  readonly #owner: ConnectionOwner;
  readonly #socket: SocketConnection;
  readonly #exchange: Exchange;
  /** Responses received, including challenges. */
  #answers = 0;
  /** The error named by the last response that asked for credentials. */
  #challengeName = '';
  /** Whether a response is being waited for. */
  #isAsked = false;
  #deadlineUs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(shared: Shared, owner: ConnectionOwner, record: AttemptRecord, site: number) {
    this.#shared = shared;
    this.#owner = owner;
    this.record = record;
    this.site = site;
    this.#exchange = new Exchange(shared.host.clock, shared.responses.take(), shared.arm.auth);
    this.#socket = new SocketConnection({
      // Node calls connect() on a later tick: the SYN is sent, and the timeout starts, only then.
      calling: () => this.#markStarted(),
      connected: () => this.#meetConnect(),
      refused: (errno) => this.#failToConnect(errno),
      received: (bytes, count) => this.#take(bytes, count),
      ended: () => this.#meetEnd(),
      failed: (errno, _tlsCode, wasBind = false) => this.#fail(errno, wasBind),
    });
  }

  /** Whether any response has arrived on it. */
  get isProven(): boolean {
    return this.#answers > 0;
  }

  get isEstablished(): boolean {
    return this.record.establishedAtUs >= 0;
  }

  open(): void {
    const { record } = this;
    const { sources, socket: options } = this.#shared.arm;
    const route = { endpoint: this.#endpoint, source: sources[record.source], sourcePort: 0, options };
    const errno = this.#socket.open(route, this.#shared.readBuffer);
    this.#markStarted();
    // The owner does not know the connection yet.
    if (errno !== undefined) setImmediate(() => this.#refuse(errno, true));
    else record.phase = 'handshake';
  }

  /**
   * Sends a request; one at a time.
   * @param isAnswering it answers the challenge just received on this connection
   */
  ask(object: PageObject, request: Uint8Array, isAnswering: boolean): void {
    this.record.phase = 'response';
    this.#isAsked = true;
    this.#limit(this.#shared.arm.responseTimeoutUs);
    this.#exchange.begin(object, isAnswering);
    this.#socket.stream!.write(request);
  }

  /** Leaves it idle, or ends it if it cannot be used again. */
  rest(): void {
    if (!this.#exchange.persists) this.close();
    else {
      this.record.phase = 'held';
      this.#limit(this.#shared.arm.idleUs);
    }
  }

  /**
   * Ends it because of its last response.
   * @param schemesOffered if cause is `not-offered`
   */
  end(
    cause: Extract<EndCause, 'challenged' | 'denied' | 'not-offered' | 'no-credentials'>,
    status: number,
    schemesOffered = '',
  ): void {
    this.record.status = status;
    this.record.schemesOffered = schemesOffered;
    // Any other challenge is part of the protocol, not an error.
    if (cause === 'denied' || cause === 'not-offered') this.record.errorName = this.#challengeName;
    this.#settle('response', cause);
  }

  /** Closes an idle connection. */
  close(): void {
    this.#settle('done', 'none');
  }

  abort(): void {
    this.#settle(this.record.phase, 'stopped');
  }

  /** Ends it if its current phase has timed out. */
  expire(nowUs: number): void {
    if (nowUs < this.#deadlineUs) return;
    if (this.record.phase === 'held') this.close();
    else this.#settle(this.record.phase, 'timeout');
  }

  get #endpoint(): Endpoint {
    return this.#shared.arm.endpoints[this.record.endpoint]!;
  }

  #limit(lastsUs: number): void {
    this.#deadlineUs = this.#shared.host.clock() + lastsUs;
  }

  #markStarted(): void {
    this.record.startedAtUs = this.#shared.host.clock();
    this.#limit(this.#shared.arm.handshakeTimeoutUs);
  }

  #meetConnect(): void {
    this.#markEstablished();
    this.rest();
    this.#owner.ready(this);
  }

  #markEstablished(): void {
    this.record.establishedAtUs = this.#shared.host.clock();
    this.#socket.readFacts(this.record);
    this.#shared.host.established(this.record);
  }

  /** The SYN was refused or timed out: the descriptor is still open. */
  #failToConnect(errno: number): void {
    if (this.#isOver) return;
    if (isAfterHandshake(errno)) {
      this.#markEstablished();
      this.record.phase = 'response';
    } else this.#socket.noteRefusal(this.record, this.#endpoint, errno);
    this.#settle(this.record.phase, 'errno', errno);
  }

  #fail(errno: number, wasBind: boolean): void {
    if (this.#isOver) return;
    // Without a prior handshake failure, an error in this phase comes from connect() or bind() itself: no SYN was
    // sent.
    if (this.record.phase === 'handshake') this.#refuse(errno, wasBind);
    else if (this.#isAsked) this.#settleCut('errno', errno);
    else this.#settle('held', 'errno', errno);
  }

  /** This machine refused to start it. */
  #refuse(errno: number, wasBind: boolean): void {
    this.record.lacks = diagnoseLack(errno, wasBind, this.#endpoint);
    this.#settle('start', 'errno', errno);
  }

  /** A FIN is a normal way to end an idle connection; a reset or a path error is not. */
  #meetEnd(): void {
    if (this.#isOver) return;
    if (!this.#isAsked) this.close();
    else if (this.#exchange.completesAtEnd()) this.#meetAnswer();
    else this.#settleCut('eof', 0);
  }

  #take(bytes: Uint8Array, count: number): void {
    if (this.#isOver) return;
    this.record.bytes += count;
    // Nobody asked for it: the connection is of no more use, as in Chromium (StreamSocket::IsConnectedAndIdle).
    if (!this.#isAsked) {
      this.close();
      return;
    }
    const wasHeadOver = this.#exchange.firstByteAtUs >= 0;
    const progress = this.#exchange.take(bytes, count);
    if (!wasHeadOver && this.#exchange.firstByteAtUs >= 0) this.#noteResent();
    if (progress === 'garbage') this.#settleCut('parse', 0);
    else if (progress === 'complete') this.#meetAnswer();
  }

  #meetAnswer(): void {
    const exchange = this.#exchange;
    const { object, errorName } = exchange;
    const answer = exchange.finish();
    this.#isAsked = false;
    this.#answers += 1;
    const isChallenge = answer.challenge !== undefined;
    if (isChallenge) this.#challengeName = errorName;
    else exchange.record(this.record, (other) => this.#shared.arm.isExpected(other));
    this.#shared.host.answered(answer.status, isChallenge ? '' : errorName);
    this.#owner.answered(this, object!, answer);
  }

  #settleCut(cause: 'errno' | 'eof' | 'parse', errno: number): void {
    const { firstByteAtUs, isAnswering, status } = this.#exchange;
    const isUnanswered = firstByteAtUs < 0 && (cause === 'eof' || (cause === 'errno' && isReset(errno)));
    if (isUnanswered && isAnswering) {
      this.record.status = this.#shared.arm.auth?.status ?? 0;
      this.#settle('response', 'challenged', 0, 'challenged');
      return;
    }
    this.record.status = status;
    this.#settle('response', cause, errno, isUnanswered && this.isProven ? 'stale' : 'failed');
  }

  #settle(phase: AttemptRecord['phase'], cause: EndCause, errno = 0, lost: Lost = 'failed'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { host } = this.#shared;
    const cut = this.#isAsked ? this.#exchange : undefined;
    if (cut !== undefined && cut.status !== 0) host.answered(cut.status, cut.errorName);
    const { record } = this;
    record.phase = phase;
    record.cause = cause;
    record.errno = errno;
    if (phase === 'handshake' && this.#socket.isOpen) this.#socket.readFacts(record);
    this.#noteResent();
    this.#socket.close('close');
    this.#exchange.close();
    record.endedAtUs = host.clock();
    host.settled(record);
    this.#owner.over(this, cut?.object, lost);
  }

  /** Of all that was sent so far. */
  #noteResent(): void {
    if (!this.isEstablished || !this.#socket.isOpen) return;
    this.record.requestRetransmits = -1;
    this.#socket.readResent(this.record, this.#shared.host.clock());
  }
}
