import type { TLSSocket } from 'node:tls';
import type { Clock } from '../../net/ticker.ts';
import type { AttemptPhase, EndCause } from '../../outcome/classify.ts';
import { ALL_MET } from '../blank-record.ts';
import { chooseHoldAge } from '../holding.ts';
import { ContentCheck } from '../http/content-check.ts';
import { ErrorHeads } from '../http/error-name.ts';
import { COMPLETE, GARBAGE } from '../http/response-parser.ts';
import { stampRequest } from '../http/stamp-request.ts';
import { diagnoseLack, diagnoseRefusal } from '../lack.ts';
import type { AttemptObserver, AttemptRecord, CompiledRequest, EngineArm } from '../types.ts';
import { Connection, type ConnectionEvents } from './connection.ts';
import { Credentials, type NextStep } from './credentials.ts';
import { isAfterHandshake, isReset } from './errno.ts';
import type { Exchange } from './exchange.ts';
import { Proof, type Verdict } from './proof.ts';
import { sendRequest } from './request.ts';
import type { TlsLayer } from './tls-layer.ts';

/** One head to keep: each attempt has its own store. */
const ONLY = 0;

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
  readonly #exchange: Exchange;
  readonly #credentials: Credentials | undefined;
  readonly #isContinued: boolean;
  readonly #connection = new Connection(this);
  /** For the last response, if the arm checks its content. */
  #content: ContentCheck | undefined;
  readonly #errors = new ErrorHeads();
  #deadlineUs = Number.POSITIVE_INFINITY;
  /** The last request has been handed to Node completely. */
  #isSent = false;
  /** Data has arrived in response to the last request. */
  #isAnswered = false;
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
    this.#exchange = exchange;
    this.#credentials = arm.auth === undefined ? undefined : new Credentials(arm.auth);
    this.#isContinued = isContinued;
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
    else this.#noteRefusal(this.#connection.refusedBy(errno));
    if (this.#record.phase === 'done') this.#settle('done', 'none');
    else this.#settle(this.#record.phase, 'errno', errno);
  }

  #noteRefusal(refusedBy: string): void {
    const record = this.#record;
    record.refusedBy = refusedBy;
    if (refusedBy !== '') record.lacks = diagnoseRefusal(refusedBy, this.#arm.endpoints[record.endpoint]!);
  }

  failed(errno: number, tlsCode: string | undefined, wasBind = false): void {
    const { phase } = this.#record;
    if (tlsCode !== undefined) this.#settle(phase, 'tls', 0, tlsCode);
    // Without a prior handshake failure, an error in this phase comes from connect() or bind() itself: no SYN was
    // sent.
    else if (phase === 'handshake') this.#refuse(errno, wasBind);
    else if (isReset(errno) && this.#isUnanswered()) this.#settle(phase, 'challenged');
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
    const record = this.#record;
    const { phase } = record;
    if (this.#isOver || (phase !== 'response' && phase !== 'tunnel')) return;
    if (phase === 'response' && record.firstByteAtUs < 0) record.firstByteAtUs = this.#host.clock();
    this.#isAnswered = true;
    record.bytes += count;
    const progress = this.#exchange.push(bytes, count);
    record.status = this.#exchange.status();
    this.#content?.takeHead(bytes, 0, this.#exchange.headEnd());
    this.#errors.takeHead(ONLY, bytes, 0, this.#exchange.headEnd(), record.status);
    this.#askerHere()?.takeHead(bytes, this.#exchange.headEnd(), record.status);
    if (progress === GARBAGE) this.#settle(phase, 'parse');
    else if (progress === COMPLETE) this.#complete(this.#exchange.end() < count, false);
    else if (this.#exchange.headEnd() > 0 && this.#exchange.isHeadOver()) this.#meetHead();
  }

  ended(): void {
    if (this.#isOver) return;
    const { phase } = this.#record;
    const isReading = phase === 'response' || phase === 'tunnel';
    if (phase === 'closing') this.#settle('done', 'none');
    else if (isReading && this.#exchange.completesAtEnd()) this.#complete(false, true);
    else if (this.#isUnanswered()) this.#settle(phase, 'challenged');
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
    if (tunnel !== undefined && tunnelledAtUs < 0) this.#ask('tunnel', tunnel);
    else if (this.#tls !== undefined && securedAtUs < 0) this.#secure(this.#tls);
    else if (request !== undefined) this.#ask('response', request);
    else this.#holdOrFinish();
  }

  /** Sends a request, with credentials if they are sent preemptively. */
  #ask(phase: 'tunnel' | 'response', request: CompiledRequest): void {
    this.#enter(phase, this.#arm.responseTimeoutUs);
    const isAsker = this.#askerHere() !== undefined;
    if (isAsker && (this.#isContinued || this.#arm.auth?.mode === 'preemptive')) this.#authorise();
    else this.#send(stampRequest(request, this.#record.attempt), request);
  }

  #authorise(): void {
    const { phase, attempt } = this.#record;
    const bytes = this.#credentials?.stamp(attempt);
    if (bytes === undefined) {
      this.#settle(phase, 'no-credentials');
      return;
    }
    if (this.#credentials?.isAnswering === true) this.#takeChallengeStatus();
    this.#send(bytes, this.#arm.auth!.request);
  }

  /** Starts checking the next response, if the arm checks content. */
  #lookInto(): void {
    const { content } = this.#arm;
    if (content === undefined || this.#record.phase !== 'response') return;
    this.#content = new ContentCheck(content);
    this.#exchange.watch(this.#content);
  }

  /** From here on, the status is that of the response to the request with credentials. */
  #takeChallengeStatus(): void {
    this.#record.challengeStatus = this.#record.status;
    this.#record.status = 0;
  }

  #send(bytes: Uint8Array, { responseHasNoBody }: CompiledRequest): void {
    const asked = this.#record.phase === 'tunnel' ? 'connect' : responseHasNoBody ? 'head' : 'other';
    this.#exchange.expect(asked);
    this.#lookInto();
    this.#enter(this.#record.phase, this.#arm.responseTimeoutUs);
    this.#isAnswered = false;
    this.#isSent = false;
    sendRequest(this.#connection, bytes, () => (this.#isSent = true));
  }

  /** Credentials, in the phase in which they may be requested: a proxy asks before it opens the tunnel. */
  #askerHere(): Credentials | undefined {
    const { tunnel, auth } = this.#arm;
    const askedIn = tunnel !== undefined && auth?.status === 407 ? 'tunnel' : 'response';
    return this.#record.phase === askedIn ? this.#credentials : undefined;
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

  /** Ends the attempt if the head of a response is sufficient, or if what follows is not worth waiting for. */
  #meetHead(): void {
    const { phase, status } = this.#record;
    const asker = this.#askerHere();
    if (asker?.asks(status) === true) {
      const step = asker.judgeHead(this.#exchange.closeDelimited());
      if (step !== undefined) this.#follow(step);
    } else if (phase === 'tunnel') this.#settle('tunnel', 'refused');
  }

  /**
   * @param hasExcess bytes arrived beyond the end of the response
   * @param isClosed the far end has closed
   */
  #complete(hasExcess: boolean, isClosed: boolean): void {
    const { phase, status } = this.#record;
    const asker = this.#askerHere();
    if (asker?.asks(status) === true) this.#follow(asker.judge(hasExcess || isClosed || !this.#isSent));
    else if (phase === 'tunnel') this.#enterTunnel(hasExcess, isClosed);
    else {
      this.#record.respondedAtUs = this.#host.clock();
      this.#record.unmet = this.#content?.listUnmet() ?? ALL_MET;
      if (isClosed && this.#arm.holdUs > 0) this.#settle('held', 'eof');
      else if (isClosed) this.#settle('done', 'none');
      else this.#holdOrFinish();
    }
  }

  /** Acts on a response that asks for credentials. */
  #follow(step: NextStep): void {
    const record = this.#record;
    if (step === 'not-offered') record.schemesOffered = this.#credentials?.schemesOffered ?? '';
    if (step === 'denied' || (step === 'not-offered' && this.#askerHere()?.isSent === true)) {
      record.respondedAtUs = this.#host.clock();
      this.#settle(record.phase, step);
      return;
    }
    record.challengedAtUs = this.#host.clock();
    // That byte belonged to the challenge: the final response is still to come.
    record.firstByteAtUs = -1;
    if (step === 'authorise') this.#authorise();
    else this.#settle(record.phase, step);
  }

  #enterTunnel(hasExcess: boolean, isClosed: boolean): void {
    const record = this.#record;
    if (record.status < 200 || record.status > 299) this.#settle('tunnel', 'refused');
    else if (isClosed) this.#settle('tunnel', 'eof');
    // Nothing has been sent to the target yet, so it cannot have sent these bytes.
    else if (hasExcess) this.#settle('tunnel', 'parse');
    else {
      record.tunnelledAtUs = this.#host.clock();
      record.isTunnelled = true;
      record.tunnelStatus = record.status;
      // The status is that of the final response.
      record.status = 0;
      this.#proceed();
    }
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
    const awaitsFin = isExchange && this.#askerHere()?.leavesOpen() !== true;
    if (awaitsFin) this.#enter('closing', this.#arm.responseTimeoutUs);
    else this.#settle('done', 'none');
  }

  /**
   * Credentials were sent in answer to a challenge, and nothing has come back: if the connection ends now, the far
   * end apparently closed it after its challenge (RFC 9112 section 9.3.1).
   */
  #isUnanswered(): boolean {
    return this.#askerHere()?.isAnswering === true && !this.#isAnswered;
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
    record.errorName = this.#errors.take(ONLY, record.status);
    if (tlsCode !== '') record.tlsCode = tlsCode;
    this.#close(phase);
    record.endedAtUs = this.#host.clock();
    this.#host.forget(this);
    this.#exchange.close();
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
