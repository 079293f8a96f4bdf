import { constants } from 'node:os';
import type { AttemptPhase, EndCause } from '../../outcome/classify.ts';
import { COMPLETE, GARBAGE, NEED_MORE, TRUNCATED } from '../http/response-parser.ts';
import { AUTHORISED, NO_CREDENTIALS } from './active-table.ts';
import { Authentication } from './authentication.ts';
import type { Closer, Settler } from './closer.ts';
import { RESPONSE_DEADLINE } from './connection-deadlines.ts';
import type { Connections } from './connections.ts';
import type { Proofs } from './proofs.ts';
import { CLOSING, HELD, PROVING, RESPONSE } from './slots.ts';
import type { Stream, StreamHandler } from './stream.ts';

/** From establishment to the end: request, response, hold, and which side closes. */
export class Exchange implements StreamHandler, Settler {
  readonly #connections: Connections;
  readonly #closer: Closer;
  readonly #proofs: Proofs;
  readonly #authentication: Authentication;
  #stream!: Stream;

  constructor(connections: Connections, closer: Closer, proofs: Proofs) {
    this.#connections = connections;
    this.#closer = closer;
    this.#proofs = proofs;
    this.#authentication = new Authentication(connections, this);
  }

  /** The stream and its handler know each other. */
  attach(stream: Stream): void {
    this.#stream = stream;
    this.#authentication.attach(stream);
  }

  /** Sends the request of a connection just established; without one, the exchange is already complete. */
  begin(slot: number): void {
    const { request } = this.#connections.armOf(slot);
    if (request === undefined) {
      this.#finish(slot);
      return;
    }
    this.#connections.parser.reset(slot, request.responseHasNoBody);
    this.#connections.contents?.begin(slot, this.#connections.armOf(slot));
    this.#connections.deadlines.set(slot, RESPONSE_DEADLINE, this.#connections.nowUs);
    const credentials = this.#credentialsOf(slot);
    if (credentials !== NO_CREDENTIALS) this.#authentication.begin(slot);
    if (credentials === AUTHORISED) this.#authentication.authorise(slot);
    else this.#stream.request(slot);
  }

  takeBytes(slot: number, bytes: Uint8Array, from: number, to: number, isClosed: boolean): void {
    const { slots, active, parser, contents, errors } = this.#connections;
    const index = this.#connections.unshelve(slot);
    active.bytes[index] = active.bytes[index]! + to - from;
    if (active.firstByteAtUs[index] === -1) active.firstByteAtUs[index] = this.#connections.nowUs;
    if (slots.phase[slot] !== RESPONSE) return;
    const progress = parser.push(slot, bytes, from, to);
    if (parser.headEnd > from) {
      contents?.takeHead(slot, bytes, from, parser.headEnd);
      errors.takeHead(slot, bytes, from, parser.headEnd, parser.status(slot));
      if (this.#credentialsOf(slot) !== NO_CREDENTIALS) this.#authentication.takeHead(slot, bytes, from);
    }
    switch (progress) {
      case NEED_MORE:
        if (this.#isChallenge(slot) && parser.headEnd > from && parser.isHeadOver(slot))
          this.#authentication.meetHead(slot);
        return;
      case COMPLETE:
        if (this.#isChallenge(slot)) {
          this.#authentication.meetChallenge(slot, parser.end < to, isClosed);
          return;
        }
        active.respondedAtUs[index] = this.#connections.nowUs;
        contents?.judge(slot);
        this.#finish(slot);
        return;
      case GARBAGE:
        this.settle(slot, 'response', 'parse', 0);
        return;
    }
  }

  takeEof(slot: number): void {
    const { slots, active, parser } = this.#connections;
    switch (slots.phase[slot]) {
      case CLOSING:
        this.settleDone(slot);
        return;
      case HELD:
      case PROVING:
        this.#cut(slot);
        return;
      default:
    }
    switch (parser.eof(slot)) {
      case COMPLETE:
        if (this.#isChallenge(slot)) {
          this.#authentication.meetChallenge(slot, false, true);
          return;
        }
        active.respondedAtUs[slots.active[slot]!] = this.#connections.nowUs;
        this.#connections.contents?.judge(slot);
        // A response that ends with the connection leaves nothing to hold open.
        if (this.#connections.armOf(slot).holdUs > 0) this.settle(slot, 'held', 'eof', 0);
        else this.settleDone(slot);
        return;
      case TRUNCATED:
        this.#cut(slot);
        return;
      case GARBAGE:
        this.settle(slot, 'response', 'parse', 0);
        return;
    }
  }

  lose(slot: number, errno: number): void {
    const isReset = errno === constants.errno.ECONNRESET;
    if (isReset && this.#isUnanswered(slot)) {
      this.#end(slot, 'response', 'challenged', 0, true);
      return;
    }
    this.#end(slot, this.#connections.phaseOf(slot), 'errno', errno, true);
  }

  answered(slot: number): void {
    this.#connections.unshelve(slot);
    this.settleDone(slot);
  }

  /** The deadline of what a connection is doing has passed. */
  expire(slot: number): void {
    const { slots } = this.#connections;
    if (slots.phase[slot] === HELD) this.proveOrEnd(slot, this.#connections.holdAgeUs(slot));
    else this.settle(slot, this.#connections.phaseOf(slot), 'timeout', 0);
  }

  /** Ends a hold: proves the connection to be alive first, if it has been held for long enough. */
  proveOrEnd(slot: number, ageUs: number): void {
    if (!this.#proofs.begin(slot, ageUs)) this.settleDone(slot);
  }

  /** Settles as done: everything the arm asked for has happened. */
  settleDone(slot: number): void {
    this.settle(slot, 'done', 'none', 0);
  }

  settle(slot: number, phase: AttemptPhase, cause: EndCause, errno: number): void {
    this.#end(slot, phase, cause, errno, false);
  }

  /** @param isLost there is no connection left to close */
  #end(slot: number, phase: AttemptPhase, cause: EndCause, errno: number, isLost: boolean): void {
    this.#stream.noteEnd();
    this.#connections.settle(slot, phase, cause, errno);
    this.#closer.close(slot, cause, isLost);
    this.#connections.notifySettled();
  }

  /** The far end closed too early. */
  #cut(slot: number): void {
    if (this.#isUnanswered(slot)) this.settle(slot, 'response', 'challenged', 0);
    else this.settle(slot, this.#connections.phaseOf(slot), 'eof', 0);
  }

  #isUnanswered(slot: number): boolean {
    return this.#credentialsOf(slot) === AUTHORISED && this.#authentication.isUnanswered(slot);
  }

  #credentialsOf(slot: number): number {
    const { slots, active } = this.#connections;
    const index = slots.active[slot]!;
    return index < 0 ? NO_CREDENTIALS : active.credentials[index]!;
  }

  /** Whether the response just completed asks for credentials that the arm has. */
  #isChallenge(slot: number): boolean {
    if (this.#credentialsOf(slot) === NO_CREDENTIALS) return false;
    return this.#connections.parser.status(slot) === this.#connections.armOf(slot).auth?.status;
  }

  /** The exchange is complete: hold the connection, wait for the far end's FIN if one is expected, or close. */
  #finish(slot: number): void {
    const { slots } = this.#connections;
    const { holdUs, close, request } = this.#connections.armOf(slot);
    if (holdUs > 0) {
      slots.phase[slot] = HELD;
      this.#connections.setHoldDeadline(slot);
      if (request === undefined) this.#connections.shelve(slot);
    } else if (close === 'peer' && request !== undefined && !this.#authentication.leavesOpen(slot)) {
      slots.phase[slot] = CLOSING;
      this.#connections.deadlines.set(slot, RESPONSE_DEADLINE, this.#connections.nowUs);
    } else {
      this.settleDone(slot);
    }
  }
}
