import type { Clock } from '../../net/ticker.ts';
import type { AttemptPhase, EndCause } from '../../outcome/classify.ts';
import { ALL_MET } from '../blank-record.ts';
import { ContentCheck } from '../http/content-check.ts';
import { ErrorHeads } from '../http/error-name.ts';
import { COMPLETE, GARBAGE } from '../http/response-parser.ts';
import { stampRequest } from '../http/stamp-request.ts';
import type { AttemptRecord, CompiledRequest, EngineArm } from '../types.ts';
import type { Connection } from './connection.ts';
import { Credentials, type NextStep } from './credentials.ts';
import type { Exchange } from './exchange.ts';
import { sendRequest } from './request.ts';

/** One head to keep: each attempt has its own store. */
const ONLY = 0;

interface DialogueParts {
  readonly arm: EngineArm;
  readonly record: AttemptRecord;
  readonly exchange: Exchange;
  readonly connection: Connection;
  readonly clock: Clock;
  /** An earlier connection of the same attempt was closed after its challenge. */
  readonly isContinued: boolean;
}

/** The attempt that a dialogue belongs to. */
interface DialogueOwner {
  /** A request goes out: the timeout for its response starts. */
  enter(phase: AttemptPhase): void;
  settle(phase: AttemptPhase, cause: EndCause): void;
  /** The proxy has opened the tunnel. */
  tunnelled(): void;
  /**
   * The final response is complete.
   * @param isClosed the far end's close completed it
   */
  responded(isClosed: boolean): void;
}

/** The HTTP of one attempt: its requests, challenges and responses on one connection. */
export class Dialogue {
  readonly #owner: DialogueOwner;
  readonly #arm: EngineArm;
  readonly #record: AttemptRecord;
  readonly #exchange: Exchange;
  readonly #connection: Connection;
  readonly #clock: Clock;
  readonly #credentials: Credentials | undefined;
  readonly #isContinued: boolean;
  /** For the last response, if the arm checks its content. */
  #content: ContentCheck | undefined;
  readonly #errors = new ErrorHeads();
  /** The last request has been handed to Node completely. */
  #isSent = false;
  /** Data has arrived in response to the last request. */
  #isAnswered = false;

  constructor(
    { arm, record, exchange, connection, clock, isContinued }: DialogueParts,
    owner: DialogueOwner,
  ) {
    this.#owner = owner;
    this.#arm = arm;
    this.#record = record;
    this.#exchange = exchange;
    this.#connection = connection;
    this.#clock = clock;
    this.#credentials = arm.auth === undefined ? undefined : new Credentials(arm.auth);
    this.#isContinued = isContinued;
  }

  /** Bytes after a complete response are read, so that closing does not cause a reset, but ignored. */
  received(bytes: Uint8Array, count: number): void {
    const record = this.#record;
    const { phase } = record;
    if (phase !== 'response' && phase !== 'tunnel') return;
    if (phase === 'response' && record.firstByteAtUs < 0) record.firstByteAtUs = this.#clock();
    this.#isAnswered = true;
    record.bytes += count;
    const progress = this.#exchange.push(bytes, count);
    record.status = this.#exchange.status();
    this.#content?.takeHead(bytes, 0, this.#exchange.headEnd());
    this.#errors.takeHead(ONLY, bytes, 0, this.#exchange.headEnd(), record.status);
    this.#askerHere()?.takeHead(bytes, this.#exchange.headEnd(), record.status);
    if (progress === GARBAGE) this.#owner.settle(phase, 'parse');
    else if (progress === COMPLETE) this.#complete(this.#exchange.end() < count, false);
    else if (this.#exchange.headEnd() > 0 && this.#exchange.isHeadOver()) this.#meetHead();
  }

  /** Sends a request, with credentials if they are sent preemptively. */
  ask(phase: 'tunnel' | 'response', request: CompiledRequest): void {
    this.#owner.enter(phase);
    const isAsker = this.#askerHere() !== undefined;
    if (isAsker && (this.#isContinued || this.#arm.auth?.mode === 'preemptive')) this.#authorise();
    else this.#send(stampRequest(request, this.#record.attempt), request);
  }

  #authorise(): void {
    const { phase, attempt } = this.#record;
    const bytes = this.#credentials?.stamp(attempt);
    if (bytes === undefined) {
      this.#owner.settle(phase, 'no-credentials');
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
    this.#owner.enter(this.#record.phase);
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

  /** Ends the attempt if the head of a response is sufficient, or if what follows is not worth waiting for. */
  #meetHead(): void {
    const { phase, status } = this.#record;
    const asker = this.#askerHere();
    if (asker?.asks(status) === true) {
      const step = asker.judgeHead(this.#exchange.closeDelimited());
      if (step !== undefined) this.#follow(step);
    } else if (phase === 'tunnel') this.#owner.settle('tunnel', 'refused');
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
      this.#record.respondedAtUs = this.#clock();
      this.#record.unmet = this.#content?.listUnmet() ?? ALL_MET;
      this.#owner.responded(isClosed);
    }
  }

  /** Acts on a response that asks for credentials. */
  #follow(step: NextStep): void {
    const record = this.#record;
    if (step === 'not-offered') record.schemesOffered = this.#credentials?.schemesOffered ?? '';
    if (step === 'denied' || (step === 'not-offered' && this.#askerHere()?.isSent === true)) {
      record.respondedAtUs = this.#clock();
      this.#owner.settle(record.phase, step);
      return;
    }
    record.challengedAtUs = this.#clock();
    // That byte belonged to the challenge: the final response is still to come.
    record.firstByteAtUs = -1;
    if (step === 'authorise') this.#authorise();
    else this.#owner.settle(record.phase, step);
  }

  #enterTunnel(hasExcess: boolean, isClosed: boolean): void {
    const record = this.#record;
    if (record.status < 200 || record.status > 299) this.#owner.settle('tunnel', 'refused');
    else if (isClosed) this.#owner.settle('tunnel', 'eof');
    // Nothing has been sent to the target yet, so it cannot have sent these bytes.
    else if (hasExcess) this.#owner.settle('tunnel', 'parse');
    else {
      record.tunnelledAtUs = this.#clock();
      record.isTunnelled = true;
      record.tunnelStatus = record.status;
      // The status is that of the final response.
      record.status = 0;
      this.#owner.tunnelled();
    }
  }

  /**
   * Credentials were sent in answer to a challenge, and nothing has come back: if the connection ends now, the far
   * end apparently closed it after its challenge (RFC 9112 section 9.3.1).
   */
  isUnanswered(): boolean {
    return this.#askerHere()?.isAnswering === true && !this.#isAnswered;
  }

  /**
   * The far end has closed.
   * @returns whether that completed a response, which has been acted on
   */
  completesAtEnd(): boolean {
    const { phase } = this.#record;
    const isReading = phase === 'response' || phase === 'tunnel';
    if (!isReading || !this.#exchange.completesAtEnd()) return false;
    this.#complete(false, true);
    return true;
  }

  /** See {@link Credentials.leavesOpen}. */
  leavesOpen(): boolean {
    return this.#askerHere()?.leavesOpen() === true;
  }

  /** The error that the last response names; empty if none. */
  takeErrorName(): string {
    return this.#errors.take(ONLY, this.#record.status);
  }

  close(): void {
    this.#exchange.close();
  }
}
