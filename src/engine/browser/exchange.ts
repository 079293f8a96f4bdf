import type { Clock } from '../../net/ticker.ts';
import { KeptHeads } from '../http/kept-heads.ts';
import { COMPLETE, GARBAGE } from '../http/response-parser.ts';
import type { Exchange as ResponseSlot } from '../portable/exchange.ts';
import type { AttemptRecord, EngineAuth } from '../types.ts';
import { type HeadFacts, readHeadFacts } from './head-facts.ts';
import type { PageObject } from './page-object.ts';
import type { Answer } from './types.ts';

/** One head to keep: each connection has its own store. */
const ONLY = 0;

/** What has been read of a response: `more` is to come, it is `complete`, or what came is no HTTP response. */
export type Progress = 'more' | 'complete' | 'garbage';

/** Requests of one connection, one at a time, and the response to each. */
export class Exchange {
  readonly #clock: Clock;
  readonly #slot: ResponseSlot;
  /** How the response to the request in progress may ask for credentials. */
  #auth: EngineAuth | undefined;
  readonly #heads = new KeptHeads();
  #isKept = false;
  #facts: HeadFacts | undefined;
  /** Whose request is in progress. */
  object: PageObject | undefined;
  sentAtUs = -1;
  /** When the head of the final response was complete; -1 if it was not. */
  firstByteAtUs = -1;
  completedAtUs = -1;
  /** When what was read last had arrived, if the clock was read then; -1 if not. */
  #arrivedAtUs = -1;
  /** Answers the challenge just received on this connection. */
  isAnswering = false;
  /** The connection can be used again after the response. */
  persists = true;

  constructor(clock: Clock, slot: ResponseSlot) {
    this.#clock = clock;
    this.#slot = slot;
  }

  /** @param object undefined: a tunnel is asked for */
  begin(object: PageObject | undefined, isAnswering: boolean, auth: EngineAuth | undefined): void {
    this.object = object;
    this.#auth = auth;
    this.isAnswering = isAnswering;
    this.sentAtUs = this.#clock();
    this.firstByteAtUs = -1;
    this.completedAtUs = -1;
    this.persists = true;
    this.#facts = undefined;
    this.#slot.expect(object === undefined ? 'connect' : 'other');
  }

  get status(): number {
    return this.firstByteAtUs < 0 ? 0 : this.#slot.status();
  }

  get errorName(): string {
    return this.#facts?.errorName ?? '';
  }

  /** Takes what has arrived; the bytes are not used after this returns. */
  take(bytes: Uint8Array, count: number): Progress {
    this.#arrivedAtUs = -1;
    const progress = this.#slot.push(bytes, count);
    const headEnd = this.#slot.headEnd();
    if (this.firstByteAtUs < 0 && headEnd > 0) this.#takeHead(bytes, headEnd);
    if (progress === GARBAGE) return 'garbage';
    if (progress === COMPLETE) {
      // What follows is no response to anything.
      if (this.#slot.end() < count) this.persists = false;
      return 'complete';
    }
    return this.#isEnough() ? 'complete' : 'more';
  }

  /** The far end has closed. @returns whether that ends the response */
  completesAtEnd(): boolean {
    this.persists = false;
    this.#arrivedAtUs = -1;
    return this.firstByteAtUs >= 0 && this.#slot.completesAtEnd();
  }

  /** Ends the request that is in progress. */
  finish(): Answer {
    this.completedAtUs = this.#arrivedAtUs < 0 ? this.#clock() : this.#arrivedAtUs;
    const challenge = this.#facts?.challenge;
    return {
      status: this.status,
      challenge: challenge && { ...challenge, persists: challenge.persists && this.persists },
      sentAtUs: this.sentAtUs,
      completedAtUs: this.completedAtUs,
    };
  }

  close(): void {
    this.#slot.close();
  }

  /** Most heads arrive at once, and are read where they are. */
  #takeHead(bytes: Uint8Array, headEnd: number): void {
    if (!this.#slot.isHeadOver()) {
      this.#heads.keep(ONLY, bytes, 0, headEnd);
      this.#isKept = true;
      return;
    }
    this.firstByteAtUs = this.#clock();
    this.#arrivedAtUs = this.firstByteAtUs;
    if (this.#isKept) this.#takeKeptHead(bytes, headEnd);
    else this.#facts = readHeadFacts(bytes, headEnd, this.#slot.status(), this.#auth);
    if (!this.#facts!.persists) this.persists = false;
  }

  #takeKeptHead(bytes: Uint8Array, headEnd: number): void {
    this.#heads.keep(ONLY, bytes, 0, headEnd);
    const head = this.#heads.of(ONLY);
    this.#facts = readHeadFacts(head, head.length, this.#slot.status(), this.#auth);
    this.#heads.forget(ONLY);
    this.#isKept = false;
  }

  /**
   * Whether the body need not be read: the response asks for credentials on a connection that cannot carry them, because
   * it is about to close or only its close would end the body. Chromium then opens another at once
   * (HttpNetworkTransaction::PrepareForAuthRestart).
   */
  #isEnough(): boolean {
    const challenge = this.#facts?.challenge;
    if (challenge === undefined || (challenge.persists && !this.#slot.closeDelimited())) return false;
    this.persists = false;
    return true;
  }
}

/** Writes a complete response, other than a challenge, into the record of its connection. */
export function recordAnswer(
  record: AttemptRecord,
  answer: Pick<Exchange, 'status' | 'firstByteAtUs' | 'completedAtUs'>,
  isExpected: (status: number) => boolean,
): void {
  // An unexpected status applies to the whole connection, whatever other responses it carried.
  if (record.status === 0 || isExpected(record.status)) record.status = answer.status;
  if (record.respondedAtUs >= 0) return;
  record.firstByteAtUs = answer.firstByteAtUs;
  record.respondedAtUs = answer.completedAtUs;
}
