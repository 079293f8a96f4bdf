import type { TLSSocket } from 'node:tls';
import type { EndCause } from '../../outcome/classify.ts';
import { diagnoseLack } from '../lack.ts';
import { Connection as SocketConnection } from '../portable/connection.ts';
import { errnoOf, isAfterHandshake, isReset } from '../portable/errno.ts';
import type { AttemptRecord, Endpoint } from '../types.ts';
import type { ConnectionOwner, Lost, Manner, Shared } from './connection-owner.ts';
import { Exchange, recordAnswer } from './exchange.ts';
import { Opening } from './opening.ts';
import type { PageObject } from './page-object.ts';
import { Streams } from './streams.ts';

/** One connection of a browser: a socket created like that of any other attempt, which carries one request at a time. */
export class Connection {
  readonly record: AttemptRecord;
  /** Number of the host that it serves, see {@link PageCompiler.hostOf}. */
  readonly site: number;
  readonly #shared: Shared;
  readonly #owner: ConnectionOwner<Connection>;
  readonly #socket: SocketConnection;
  readonly #exchange: Exchange;
  readonly #opening: Opening;
  readonly #manner: Manner;
  /** Responses received, including challenges. */
  #answers = 0;
  /** The error named by the last response that asked for credentials. */
  #challengeName = '';
  /** Whether a response is being waited for. */
  #isAsked = false;
  #deadlineUs = Number.POSITIVE_INFINITY;
  /** When the handshake is slow, unless that is known. */
  #slowAtUs = Number.POSITIVE_INFINITY;
  #streams: Streams | undefined;
  #isReady = false;
  #isOver = false;

  constructor(
    shared: Shared,
    owner: ConnectionOwner<Connection>,
    record: AttemptRecord,
    site: number,
    manner: Manner,
  ) {
    this.#manner = manner;
    this.#shared = shared;
    this.#owner = owner;
    this.record = record;
    this.site = site;
    this.#exchange = new Exchange(shared.host.clock, shared.responses.take());
    this.#socket = new SocketConnection({
      // Node calls connect() on a later tick: the SYN is sent, and the timeout starts, only then.
      calling: () => this.#markStarted(),
      connected: () => this.#meetConnect(),
      refused: (errno) => this.#failToConnect(errno),
      received: (bytes, count) => this.#take(bytes, count),
      ended: () => this.#meetEnd(),
      failed: (errno, tlsCode, wasBind = false) => this.#fail(errno, tlsCode, wasBind),
    });
    const { arm, host, tls } = shared;
    const parts = { arm, host, tls, record, site, exchange: this.#exchange, socket: this.#socket };
    this.#opening = new Opening(parts, {
      enter: (phase) => {
        record.phase = phase;
        this.#limit(arm.responseTimeoutUs);
      },
      isToAnswer: () => owner.isToAnswer(this),
      credentials: () => owner.credentialsOf(this),
      settle: (phase, cause, errno) =>
        this.#settle(phase, cause, errno, cause === 'challenged' ? cause : 'failed'),
      opened: (secured) => this.#meetOpened(secured),
    });
  }

  /** Whether any response has arrived on it. */
  get isProven(): boolean {
    return this.#answers > 0;
  }

  /** Whether it can carry requests, or did. */
  get isReady(): boolean {
    return this.#isReady;
  }

  get isSpare(): boolean {
    return this.#manner.isSpare;
  }

  /** It carries any number of requests at once. */
  get isMultiplexed(): boolean {
    return this.#streams !== undefined;
  }

  /** Multiplexed: whether it takes another request. */
  get isUsable(): boolean {
    return this.#streams?.isUsable === true;
  }

  /** Multiplexed: whether any request is in progress. */
  get isBusy(): boolean {
    return (this.#streams?.inProgress.length ?? 0) > 0;
  }

  open(): void {
    const { record } = this;
    const { sources, socket: options } = this.#shared.arm;
    const route = { endpoint: this.#endpoint, source: sources[record.source], sourcePort: 0, options };
    // TLS takes no buffer.
    const readBuffer = this.#shared.tls === undefined ? this.#shared.readBuffer : undefined;
    const errno = this.#socket.open(route, readBuffer);
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
    const { auth, page } = this.#shared.arm;
    // In a tunnel, its proxy asks no more.
    const asker = page.connect === undefined || auth?.status === 401 ? auth : undefined;
    this.#exchange.begin(object, isAnswering, asker);
    this.#socket.stream!.write(request);
  }

  /** Sends a request beside others that are in progress. */
  askBeside(object: PageObject): void {
    this.record.phase = 'response';
    this.#limit(this.#shared.arm.responseTimeoutUs);
    this.#streams!.ask(object, this.#shared.arm.page.fields(object.index, object.nonce));
  }

  /** Leaves it idle, or ends it if it cannot be used again. */
  rest(): void {
    if (this.isBusy) return;
    if (this.isMultiplexed && !this.isUsable) this.close();
    else if (!this.#exchange.persists) this.close();
    else {
      this.record.phase = 'held';
      const { idleUs, profile } = this.#shared.arm;
      this.#limit(this.isProven ? idleUs : Math.min(idleUs, profile.unusedIdleUs));
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

  /** Whether it has been idle for too long. */
  isStale(nowUs: number): boolean {
    return nowUs >= this.#deadlineUs;
  }

  /** Ends it if its current phase has timed out. */
  expire(nowUs: number): void {
    const { phase } = this.record;
    if (phase === 'handshake' && nowUs >= this.#slowAtUs) {
      this.#slowAtUs = Number.POSITIVE_INFINITY;
      this.#owner.slow(this);
    }
    if (nowUs < this.#deadlineUs) return;
    if (phase !== 'held') this.#settle(phase, 'timeout');
    else if (!this.#shared.arm.profile.closesWhenAsked) this.close();
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
    if (!this.#manner.isBeside)
      this.#slowAtUs = this.record.startedAtUs + this.#shared.arm.profile.backupAfterUs;
  }

  #meetConnect(): void {
    this.#markEstablished();
    this.#opening.begin(this.#manner.authorises);
  }

  #meetOpened(secured: TLSSocket | undefined): void {
    this.#isReady = true;
    if (secured?.alpnProtocol === 'h2') this.#streams = this.#multiplex(secured);
    this.rest();
    this.#owner.ready(this);
  }

  #multiplex(secured: TLSSocket): Streams {
    const { arm, host } = this.#shared;
    return new Streams(secured, arm.page.serverName(this.site), host.clock, {
      received: (bytes) => (this.record.bytes += bytes),
      answered: (object, answer, firstByteAtUs) => {
        this.#answers += 1;
        this.#limit(arm.responseTimeoutUs);
        recordAnswer(this.record, { ...answer, firstByteAtUs }, (status) => arm.isExpected(status));
        host.answered(answer.status, '');
        this.#owner.answered(this, object, answer);
      },
      cut: (object) => this.#owner.cut(this, object),
      ended: (error) => {
        const errno = error === undefined ? 0 : errnoOf(error);
        if (!this.isBusy) this.#settle(errno > 0 ? 'held' : 'done', errno > 0 ? 'errno' : 'none', errno);
        else this.#settle('response', errno > 0 ? 'errno' : error === undefined ? 'eof' : 'parse', errno);
      },
    });
  }

  #lostBy(isUntouched: boolean): Lost {
    return isUntouched && this.isProven ? 'stale' : 'failed';
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

  #fail(errno: number, tlsCode: string | undefined, wasBind: boolean): void {
    if (this.#isOver) return;
    // Without a prior handshake failure, an error in this phase comes from connect() or bind() itself: no SYN was
    // sent.
    if (this.record.phase === 'handshake') this.#refuse(errno, wasBind);
    else if (!this.#isReady) this.#opening.fail(errno, tlsCode);
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
    if (!this.#isReady) this.#opening.end();
    else if (!this.#isAsked) this.close();
    else if (this.#exchange.completesAtEnd()) this.#meetAnswer();
    else this.#settleCut('eof', 0);
  }

  #take(bytes: Uint8Array, count: number): void {
    if (this.#isOver) return;
    this.record.bytes += count;
    if (!this.#isReady) {
      this.#opening.take(bytes, count);
      return;
    }
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
    // The far end has closed an idle connection, and says so (RFC 9110 section 15.5.9).
    if (exchange.status === 408 && this.isProven && this.#shared.arm.profile.resendsAfter408) {
      this.#settle('done', 'none', 0, 'stale');
      return;
    }
    const { object, errorName } = exchange;
    const answer = exchange.finish();
    this.#isAsked = false;
    this.#answers += 1;
    const isChallenge = answer.challenge !== undefined;
    if (isChallenge) this.#challengeName = errorName;
    else recordAnswer(this.record, exchange, (other) => this.#shared.arm.isExpected(other));
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
    const others = (this.#streams?.inProgress ?? []).map(
      ({ object, isUntouched }) => [object, this.#lostBy(isUntouched)] as const,
    );
    this.#streams?.close();
    this.#socket.close('close');
    this.#exchange.close();
    record.endedAtUs = host.clock();
    host.settled(record);
    const isUnreached = phase === 'handshake' && (cause === 'timeout' || cause === 'errno');
    this.#owner.over(this, cut?.object, { lost, isUnreached }, others);
  }

  /** Of all that was sent so far. */
  #noteResent(): void {
    if (this.record.establishedAtUs < 0 || !this.#socket.isOpen) return;
    this.record.requestRetransmits = -1;
    this.#socket.readResent(this.record, this.#shared.host.clock());
  }
}
