import { type Challenge, readChallenge, readPersistence } from '../http/challenge.ts';
import { KeptHeads } from '../http/kept-heads.ts';
import { stampRequest } from '../http/stamp-request.ts';
import type { EngineArm, EngineAuth } from '../types.ts';
import { AUTHORISED, UNASKED } from './active-table.ts';
import type { Settler } from './closer.ts';
import { RESPONSE_DEADLINE } from './connection-deadlines.ts';
import type { Connections } from './connections.ts';
import type { Stream } from './stream.ts';

/**
 * Requests with credentials, sent preemptively or in answer to a challenge. Connections of arms without credentials
 * never get here.
 */
export class Authentication {
  readonly #connections: Connections;
  readonly #settler: Settler;
  readonly #heads = new KeptHeads();
  #stream!: Stream;

  constructor(connections: Connections, settler: Settler) {
    this.#connections = connections;
    this.#settler = settler;
  }

  attach(stream: Stream): void {
    this.#stream = stream;
  }

  /** Clears what the slot's last connection may have left. */
  begin(slot: number): void {
    this.#heads.forget(slot);
  }

  /** Sends the request with credentials, or settles the attempt if none are available. */
  authorise(slot: number): void {
    const { active, slots, parser } = this.#connections;
    const auth = authOf(this.#connections.armOf(slot));
    const attempt = this.#connections.attemptOf(slot);
    const credentials = auth.credentials(attempt);
    if (credentials === undefined) {
      this.#settler.settle(slot, 'response', 'no-credentials', 0);
      return;
    }
    parser.reset(slot, auth.request.responseHasNoBody);
    this.#connections.contents?.begin(slot, this.#connections.armOf(slot));
    this.#connections.deadlines.set(slot, RESPONSE_DEADLINE, this.#connections.nowUs);
    active.credentials[slots.active[slot]!] = AUTHORISED;
    this.#stream.request(slot, stampRequest(auth.request, attempt, credentials));
  }

  /**
   * Keeps what the parser has just read of a head that may turn out to be a challenge. If credentials were sent
   * preemptively, only a refusal matters, which may show that the far end wants another scheme.
   */
  takeHead(slot: number, bytes: Uint8Array, from: number): void {
    const { active, slots, parser } = this.#connections;
    if (active.credentials[slots.active[slot]!] === AUTHORISED) {
      const { mode, status } = authOf(this.#connections.armOf(slot));
      const read = parser.status(slot);
      if (mode !== 'preemptive' || (read !== 0 && read !== status)) return;
    }
    this.#heads.keep(slot, bytes, from, parser.headEnd);
  }

  /**
   * Handles the head of a response that asks for credentials, before its body arrives: the body is read to its end
   * only if the connection can be used afterwards.
   */
  meetHead(slot: number): void {
    const { parser } = this.#connections;
    const isEndless = parser.closeDelimited(slot);
    if (this.#isAuthorised(slot)) {
      if (isEndless) this.#deny(slot);
      return;
    }
    const challenge = this.#readChallenge(slot);
    const { isOffered, persists } = challenge;
    if (isOffered && persists && !isEndless) return;
    this.#noteChallenge(slot);
    if (isOffered) this.#giveUp(slot);
    else this.#settleNotOffered(slot, challenge);
  }

  /**
   * Handles a complete response that asks for credentials: sends them on the same connection, or ends the attempt.
   * @param hasExcess bytes came after it, which would be mistaken for the next response (RFC 9112 section 6.3)
   * @param isClosed the far end has closed the connection
   */
  meetChallenge(slot: number, hasExcess: boolean, isClosed: boolean): void {
    if (this.#isAuthorised(slot)) {
      this.#deny(slot);
      return;
    }
    this.#noteChallenge(slot);
    const challenge = this.#readChallenge(slot);
    const { isOffered, persists } = challenge;
    if (!isOffered) this.#settleNotOffered(slot, challenge);
    else if (hasExcess || isClosed || !persists || !this.#stream.isSent(slot)) this.#giveUp(slot);
    else {
      this.#heads.forget(slot);
      this.authorise(slot);
    }
  }

  /**
   * Whether a complete response leaves a connection open that neither side intends to close: the request could have
   * been challenged, so it did not announce itself as the last one; it was not challenged, and the response does not
   * announce a close either.
   */
  leavesOpen(slot: number): boolean {
    const { active, slots } = this.#connections;
    const isUnasked = active.credentials[slots.active[slot]!] === UNASKED;
    return isUnasked && readPersistence(this.#heads.of(slot));
  }

  /**
   * Whether credentials were sent in answer to a challenge and nothing has come back: if the connection ends now, the
   * far end apparently closed it after its challenge (RFC 9112 section 9.3.1).
   */
  isUnanswered(slot: number): boolean {
    const { active, slots } = this.#connections;
    const index = slots.active[slot]!;
    return active.challengedAtUs[index] !== -1 && active.firstByteAtUs[index] === -1;
  }

  #isAuthorised(slot: number): boolean {
    const { active, slots } = this.#connections;
    return active.credentials[slots.active[slot]!] === AUTHORISED;
  }

  /** The challenge has been read, and this connection cannot carry the answer. */
  #giveUp(slot: number): void {
    this.#settler.settle(slot, 'response', 'challenged', 0);
  }

  #readChallenge(slot: number): Challenge {
    const { status, scheme } = authOf(this.#connections.armOf(slot));
    return readChallenge(this.#heads.of(slot), status, scheme);
  }

  #noteChallenge(slot: number): void {
    const { active, slots } = this.#connections;
    const index = slots.active[slot]!;
    active.challengedAtUs[index] = this.#connections.nowUs;
    // That byte belonged to the challenge: the final response is still to come.
    active.firstByteAtUs[index] = -1;
  }

  /** Challenged again, although the request carried credentials. */
  #deny(slot: number): void {
    const { active, slots } = this.#connections;
    active.respondedAtUs[slots.active[slot]!] = this.#connections.nowUs;
    // Credentials sent preemptively may have been refused by a far end that accepts only other schemes.
    const isAtOnce = authOf(this.#connections.armOf(slot)).mode === 'preemptive';
    const challenge = isAtOnce ? this.#readChallenge(slot) : undefined;
    if (challenge?.offersOthers === true) this.#settleNotOffered(slot, challenge);
    else this.#settler.settle(slot, 'response', 'denied', 0);
  }

  #settleNotOffered(slot: number, { schemes }: Challenge): void {
    this.#connections.schemesOffered = schemes;
    this.#settler.settle(slot, 'response', 'not-offered', 0);
  }
}

function authOf({ auth }: EngineArm): EngineAuth {
  if (auth === undefined) throw new Error('an arm without credentials was asked for them');
  return auth;
}
