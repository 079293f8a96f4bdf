import type { EndCause } from '../../outcome/classify.ts';
import { isReset } from '../portable/errno.ts';
import type { AttemptRecord } from '../types.ts';
import type { ConnectionFacts } from './connection-facts.ts';
import type { Lost, Shared } from './connection-owner.ts';
import { type Exchange, recordAnswer } from './exchange.ts';
import type { PageObject } from './page-object.ts';
import type { BrowserSocket } from './sockets/types.ts';
import type { Answer } from './types.ts';

export interface RequestsParts {
  readonly shared: Shared;
  readonly record: AttemptRecord;
  readonly exchange: Exchange;
  readonly socket: BrowserSocket;
  readonly facts: ConnectionFacts;
}

/** The connection that carries them. */
export interface RequestsOwner {
  answered(object: PageObject, answer: Answer): void;
  /** The connection ends with the request in progress. */
  settle(phase: 'response' | 'done', cause: EndCause, errno: number, lost: Lost): void;
}

/** The requests of an open connection, one at a time, and the response to each. */
export class Requests {
  readonly #parts: RequestsParts;
  readonly #owner: RequestsOwner;
  /** Responses received, including challenges. */
  #answers = 0;
  /** Bytes of the last request. */
  #sentBytes = 0;
  #isAsked = false;
  /** The error named by the last response that asked for credentials. */
  challengeName = '';

  constructor(parts: RequestsParts, owner: RequestsOwner) {
    this.#parts = parts;
    this.#owner = owner;
  }

  /** Whether any response has arrived on the connection. */
  get isProven(): boolean {
    return this.#answers > 0;
  }

  /** Whether a response is being waited for. */
  get isAsked(): boolean {
    return this.#isAsked;
  }

  /** A response has arrived, to this or another request. */
  countAnswer(): void {
    this.#answers += 1;
  }

  /** @param isAnswering it answers the challenge just received on this connection */
  ask(object: PageObject, request: Uint8Array, isAnswering: boolean): void {
    const { shared, exchange, socket } = this.#parts;
    this.#isAsked = true;
    const { auth, page } = shared.arm;
    // In a tunnel, its proxy asks no more.
    const asker = page.connect === undefined || auth?.status === 401 ? auth : undefined;
    exchange.begin(object, isAnswering, asker);
    this.#sentBytes = request.length;
    socket.send(request);
  }

  /** Takes what has arrived for the request in progress. */
  take(bytes: Uint8Array, count: number): void {
    const { exchange, facts } = this.#parts;
    const wasHeadOver = exchange.firstByteAtUs >= 0;
    const progress = exchange.take(bytes, count);
    const { firstByteAtUs, sentAtUs } = exchange;
    if (!wasHeadOver && firstByteAtUs >= 0) facts.noteAnswer(firstByteAtUs - sentAtUs, this.#sentBytes);
    if (this.#isClosedIdle) this.#owner.settle('done', 'none', 0, 'stale');
    else if (progress === 'garbage') this.cut('parse', 0);
    else if (progress === 'complete') this.#meetAnswer();
  }

  /** The far end has closed while a response was being waited for. */
  meetEnd(): void {
    if (this.#parts.exchange.completesAtEnd()) this.#meetAnswer();
    else this.cut('eof', 0);
  }

  cut(cause: 'errno' | 'eof' | 'parse', errno: number): void {
    const { exchange, record, shared } = this.#parts;
    const { firstByteAtUs, isAnswering, status } = exchange;
    const isUnanswered = firstByteAtUs < 0 && (cause === 'eof' || (cause === 'errno' && isReset(errno)));
    if (isUnanswered && isAnswering) {
      record.status = shared.arm.auth?.status ?? 0;
      this.#owner.settle('response', 'challenged', 0, 'challenged');
      return;
    }
    record.status = status;
    this.#owner.settle('response', cause, errno, isUnanswered && this.isProven ? 'stale' : 'failed');
  }

  /** The far end has closed an idle connection, and says so (RFC 9110 section 15.5.9): whatever comes with it is of no interest. */
  get #isClosedIdle(): boolean {
    const { exchange, shared } = this.#parts;
    return exchange.status === 408 && this.isProven && shared.arm.profile.resendsAfter408;
  }

  #meetAnswer(): void {
    const { exchange, record, shared } = this.#parts;
    const { arm, host } = shared;
    const { object, errorName } = exchange;
    const answer = exchange.finish();
    this.#isAsked = false;
    this.#answers += 1;
    const isChallenge = answer.challenge !== undefined;
    if (isChallenge) this.challengeName = errorName;
    else recordAnswer(record, exchange, arm.isExpected);
    host.answered(answer.status, isChallenge ? '' : errorName);
    this.#owner.answered(object!, answer);
  }
}
