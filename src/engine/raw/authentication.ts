import { constants } from 'node:os';
import { MSG_NOSIGNAL } from '../../net/constants.ts';
import type { Libc, Region } from '../../net/index.ts';
import { type Challenge, readChallenge, readPersistence } from '../http/challenge.ts';
import { KeptHeads } from '../http/kept-heads.ts';
import { stampRequest } from '../http/stamp-request.ts';
import type { EngineArm, EngineAuth } from '../types.ts';
import { AUTHORISED, UNASKED } from './connection-table.ts';
import { type Connections, RESPONSE_DEADLINE } from './connections.ts';

const { errno: ERRNO } = constants;

/**
 * Requests with credentials, sent preemptively or in answer to a challenge. Connections of arms without credentials
 * never get here.
 */
export class Authentication {
  readonly #libc: Libc;
  readonly #connections: Connections;
  /** Buffer for sending: credentials come as a string, different for each connection. */
  readonly #staging: Region;
  readonly #heads = new KeptHeads();
  /** By slot, until completely sent. */
  readonly #requests: (Uint8Array | undefined)[] = [];

  constructor(libc: Libc, connections: Connections, staging: Region) {
    this.#libc = libc;
    this.#connections = connections;
    this.#staging = staging;
  }

  /** Clears what the slot's last connection may have left. */
  begin(slot: number): void {
    this.#heads.forget(slot);
    this.#requests[slot] = undefined;
  }

  /** Sends the request with credentials, or settles the attempt if none are available. */
  authorise(slot: number): void {
    const { table, parser } = this.#connections;
    const auth = authOf(this.#connections.armOf(slot));
    const attempt = table.attempt[slot]!;
    const credentials = auth.credentials(attempt);
    if (credentials === undefined) {
      this.#connections.settle(slot, 'response', 'no-credentials', 0);
      return;
    }
    parser.reset(slot, auth.request.responseHasNoBody);
    this.#connections.contents?.begin(slot, this.#connections.armOf(slot));
    this.#connections.setDeadline(slot, RESPONSE_DEADLINE);
    table.credentials[slot] = AUTHORISED;
    table.sent[slot] = 0;
    this.#requests[slot] = stampRequest(auth.request, attempt, credentials);
    this.send(slot);
  }

  /**
   * Sends the rest of the request with credentials. A failure is only recorded: a response may have come before it.
   */
  send(slot: number): void {
    const { table } = this.#connections;
    const request = this.#requests[slot];
    if (request === undefined) return;
    const { address, bytes: place } = this.#staging;
    let sent = table.sent[slot]!;
    while (sent < request.length) {
      const piece = request.subarray(sent, sent + place.length);
      place.set(piece);
      const count = this.#libc.send(table.fd[slot]!, address, piece.length, MSG_NOSIGNAL);
      if (count < 0) {
        const errno = this.#libc.errno();
        if (errno === ERRNO.EAGAIN) this.#connections.watchOn(slot);
        else table.lostErrno[slot] = errno;
        break;
      }
      sent += count;
    }
    table.sent[slot] = sent;
    if (sent === request.length) this.#requests[slot] = undefined;
  }

  /**
   * Keeps what the parser has just read of a head that may turn out to be a challenge. If credentials were sent
   * preemptively, only a refusal matters, which may show that the far end wants another scheme.
   */
  takeHead(slot: number, received: Uint8Array): void {
    const { table, parser } = this.#connections;
    if (table.credentials[slot] === AUTHORISED) {
      const { mode, status } = authOf(this.#connections.armOf(slot));
      const read = parser.status(slot);
      if (mode !== 'preemptive' || (read !== 0 && read !== status)) return;
    }
    this.#heads.keep(slot, received, 0, this.#connections.parser.headEnd);
  }

  /**
   * Handles the head of a response that asks for credentials, before its body arrives. The body has no useful
   * content: it is read to its end only if the connection can be used afterwards.
   */
  meetHead(slot: number): void {
    const { table, parser } = this.#connections;
    const isEndless = parser.closeDelimited(slot);
    if (table.credentials[slot] === AUTHORISED) {
      if (isEndless) this.#deny(slot);
      return;
    }
    const challenge = this.#readChallenge(slot);
    const { isOffered, persists } = challenge;
    if (isOffered && persists && !isEndless) return;
    this.#noteChallenge(slot);
    if (isOffered) this.giveUp(slot);
    else this.#settleNotOffered(slot, challenge);
  }

  /**
   * Handles a complete response that asks for credentials: sends them on the same connection, or ends the attempt.
   * @param count bytes last given to the parser
   * @param isClosed the far end has closed the connection
   */
  meetChallenge(slot: number, count: number, isClosed: boolean): void {
    const { table, parser } = this.#connections;
    if (table.credentials[slot] === AUTHORISED) {
      this.#deny(slot);
      return;
    }
    this.#noteChallenge(slot);
    const challenge = this.#readChallenge(slot);
    const { isOffered, persists } = challenge;
    // Bytes beyond the response would be mistaken for the start of the next one (RFC 9112 section 6.3).
    const hasExcess = parser.end < count;
    if (!isOffered) this.#settleNotOffered(slot, challenge);
    else if (hasExcess || isClosed || !persists || !this.#isReady(slot)) this.giveUp(slot);
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
    return this.#connections.table.credentials[slot] === UNASKED && readPersistence(this.#heads.of(slot));
  }

  /**
   * Whether credentials were sent in answer to a challenge and nothing has come back: if the connection ends now, the
   * far end apparently closed it after its challenge (RFC 9112 section 9.3.1). curl and Chromium then retry once on
   * another.
   */
  isUnanswered(slot: number): boolean {
    const { table } = this.#connections;
    const isAnswering = table.credentials[slot] === AUTHORISED && table.challengedAtUs[slot] !== -1;
    return isAnswering && table.firstByteAtUs[slot] === -1;
  }

  /** The challenge has been read, and this connection cannot carry the answer. */
  giveUp(slot: number): void {
    this.#connections.settle(slot, 'response', 'challenged', 0);
  }

  #readChallenge(slot: number): Challenge {
    const { status, scheme } = authOf(this.#connections.armOf(slot));
    return readChallenge(this.#heads.of(slot), status, scheme);
  }

  #noteChallenge(slot: number): void {
    const { table } = this.#connections;
    table.challengedAtUs[slot] = this.#connections.nowUs;
    // That byte belonged to the challenge: the final response is still to come.
    table.firstByteAtUs[slot] = -1;
  }

  /** Challenged again, although the request carried credentials. */
  #deny(slot: number): void {
    this.#connections.table.respondedAtUs[slot] = this.#connections.nowUs;
    // Credentials sent preemptively may have been refused by a far end that accepts only other schemes.
    const isAtOnce = authOf(this.#connections.armOf(slot)).mode === 'preemptive';
    const challenge = isAtOnce ? this.#readChallenge(slot) : undefined;
    if (challenge?.offersOthers === true) this.#settleNotOffered(slot, challenge);
    else this.#connections.settle(slot, 'response', 'denied', 0);
  }

  #settleNotOffered(slot: number, { schemes }: Challenge): void {
    this.#connections.schemesOffered = schemes;
    this.#connections.settle(slot, 'response', 'not-offered', 0);
  }

  /** Whether another request can follow: all of the first was sent, and the connection is not lost. */
  #isReady(slot: number): boolean {
    const { table } = this.#connections;
    const length = this.#connections.armOf(slot).request?.bytes.length;
    return table.sent[slot] === length && table.lostErrno[slot] === 0;
  }
}

function authOf({ auth }: EngineArm): EngineAuth {
  if (auth === undefined) throw new Error('an arm without credentials was asked for them');
  return auth;
}
