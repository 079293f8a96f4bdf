import { constants } from 'node:os';
import { MSG_NOSIGNAL } from '../../net/constants.ts';
import type { Libc, Region } from '../../net/index.ts';
import type { Ticker } from '../../net/ticker.ts';
import { COMPLETE, GARBAGE, NEED_MORE, TRUNCATED } from '../http/response-parser.ts';
import type { Authentication } from './authentication.ts';
import { AUTHORISED, CLOSING, HELD, NO_CREDENTIALS, PROVING, RESPONSE } from './connection-table.ts';
import { type Connections, RESPONSE_DEADLINE } from './connections.ts';
import { placeNonce } from './prepared-arm.ts';
import type { Proofs } from './proofs.ts';

const { errno: ERRNO } = constants;

/** From establishment to the end: request, response, hold, and which side closes. */
export class Exchange {
  readonly #libc: Libc;
  readonly #clock: Ticker;
  readonly #connections: Connections;
  readonly #authentication: Authentication;
  readonly #proofs: Proofs;
  /** Read buffer shared by all connections, because the parser keeps nothing. */
  readonly #received: Region;

  constructor(
    libc: Libc,
    clock: Ticker,
    connections: Connections,
    authentication: Authentication,
    proofs: Proofs,
    received: Region,
  ) {
    this.#libc = libc;
    this.#clock = clock;
    this.#connections = connections;
    this.#authentication = authentication;
    this.#proofs = proofs;
    this.#received = received;
  }

  /** Sends the request of a connection just established; without one, the exchange is already complete. */
  begin(slot: number): void {
    const { table } = this.#connections;
    const { request } = this.#connections.armOf(slot);
    if (request === undefined) {
      this.#finish(slot);
      return;
    }
    this.#connections.parser.reset(slot, request.responseHasNoBody);
    this.#connections.contents?.begin(slot, this.#connections.armOf(slot));
    this.#connections.setDeadline(slot, RESPONSE_DEADLINE);
    if (table.credentials[slot] !== NO_CREDENTIALS) this.#authentication.begin(slot);
    if (table.lostErrno[slot] !== 0) return;
    if (table.credentials[slot] === AUTHORISED) this.#authentication.authorise(slot);
    else this.send(slot);
  }

  /** Sends the rest of the request. A failure is only recorded: a response may have come before it. */
  send(slot: number): void {
    const { table } = this.#connections;
    const { request } = this.#connections.preparedOf(slot);
    if (request === undefined || table.phase[slot] !== RESPONSE) return;
    if (table.credentials[slot] === AUTHORISED) {
      this.#authentication.send(slot);
      return;
    }
    const { length } = request.compiled.bytes;
    let sent = table.sent[slot]!;
    if (sent === length) return;
    placeNonce(request, table.attempt[slot]!);
    while (sent < length) {
      const count = this.#libc.send(table.fd[slot]!, request.at.address + sent, length - sent, MSG_NOSIGNAL);
      if (count < 0) {
        const errno = this.#libc.errno();
        if (errno === ERRNO.EAGAIN) this.#connections.watchOn(slot);
        else table.lostErrno[slot] = errno;
        break;
      }
      sent += count;
    }
    table.sent[slot] = sent;
  }

  /**
   * Reads until nothing is left or the attempt is settled: the reactor reports a change only once. A read that did
   * not fill the buffer has taken everything available (epoll(7)), so no further call is needed; but a reset that
   * arrived behind the bytes is reported only by a further call.
   * @param isFinished the far end's FIN had arrived before the first read, and nothing else that ends a connection
   * @param isDown the connection had ended by then in any other way
   */
  receive(slot: number, generation: number, isFinished: boolean, isDown: boolean): void {
    const { table } = this.#connections;
    const { address, bytes } = this.#received;
    this.#clock.tick();
    this.#connections.nowUs = this.#clock.us[0]!;
    while (table.generation[slot] === generation) {
      const count = this.#libc.recv(table.fd[slot]!, address, bytes.length, 0);
      if (count > 0) {
        this.#takeBytes(slot, count, isFinished || isDown);
        if (count === bytes.length || isDown || table.lostErrno[slot] !== 0) continue;
        if (isFinished && table.generation[slot] === generation) this.#takeEof(slot);
        return;
      } else if (count === 0) {
        this.#takeEof(slot);
      } else {
        const errno = this.#libc.errno();
        const lostErrno = table.lostErrno[slot]!;
        if (lostErrno !== 0) this.#lose(slot, lostErrno);
        else if (errno !== ERRNO.EAGAIN) this.#lose(slot, errno);
        return;
      }
    }
  }

  expire(slot: number): void {
    const phase = this.#connections.table.phase[slot];
    if (phase === HELD) this.#proofs.begin(slot);
    else if (phase === PROVING) this.#proofs.look(slot);
    else this.#connections.settle(slot, this.#connections.phaseOf(slot), 'timeout', 0);
  }

  #takeBytes(slot: number, count: number, isClosed: boolean): void {
    const { table, parser, contents, errors } = this.#connections;
    table.bytes[slot] = table.bytes[slot]! + count;
    if (table.firstByteAtUs[slot] === -1) table.firstByteAtUs[slot] = this.#connections.nowUs;
    if (table.phase[slot] !== RESPONSE) return;
    const progress = parser.push(slot, this.#received.bytes, 0, count);
    contents?.takeHead(slot, this.#received.bytes, 0, parser.headEnd);
    errors.takeHead(slot, this.#received.bytes, 0, parser.headEnd, parser.status(slot));
    if (table.credentials[slot] !== NO_CREDENTIALS) this.#authentication.takeHead(slot, this.#received.bytes);
    switch (progress) {
      case NEED_MORE:
        if (this.#isChallenge(slot) && parser.headEnd > 0 && parser.isHeadOver(slot))
          this.#authentication.meetHead(slot);
        return;
      case COMPLETE:
        if (this.#isChallenge(slot)) {
          this.#authentication.meetChallenge(slot, count, isClosed);
          return;
        }
        table.respondedAtUs[slot] = this.#connections.nowUs;
        this.#connections.contents?.judge(slot);
        this.#finish(slot);
        return;
      case GARBAGE:
        this.#connections.settle(slot, 'response', 'parse', 0);
        return;
    }
  }

  #takeEof(slot: number): void {
    const { table, parser } = this.#connections;
    switch (table.phase[slot]) {
      case CLOSING:
        this.#connections.settleDone(slot);
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
          this.#authentication.meetChallenge(slot, 0, true);
          return;
        }
        table.respondedAtUs[slot] = this.#connections.nowUs;
        this.#connections.contents?.judge(slot);
        // A response that ends with the connection leaves nothing to hold open.
        if (this.#connections.armOf(slot).holdUs > 0) this.#connections.settle(slot, 'held', 'eof', 0);
        else this.#connections.settleDone(slot);
        return;
      case TRUNCATED:
        this.#cut(slot);
        return;
      case GARBAGE:
        this.#connections.settle(slot, 'response', 'parse', 0);
        return;
    }
  }

  /** The far end closed too early; if an error was recorded before, this is only its consequence. */
  #cut(slot: number): void {
    const errno = this.#connections.table.lostErrno[slot]!;
    if (errno !== 0) this.#lose(slot, errno);
    else if (this.#authentication.isUnanswered(slot)) this.#authentication.giveUp(slot);
    else this.#connections.settle(slot, this.#connections.phaseOf(slot), 'eof', 0);
  }

  #lose(slot: number, errno: number): void {
    const isReset = errno === ERRNO.ECONNRESET || errno === ERRNO.EPIPE;
    if (isReset && this.#authentication.isUnanswered(slot)) this.#authentication.giveUp(slot);
    else this.#connections.settle(slot, this.#connections.phaseOf(slot), 'errno', errno);
  }

  /** Whether the response just completed asks for credentials that the arm has. */
  #isChallenge(slot: number): boolean {
    const { table, parser } = this.#connections;
    if (table.credentials[slot] === NO_CREDENTIALS) return false;
    return parser.status(slot) === this.#connections.armOf(slot).auth?.status;
  }

  /** The exchange is complete: hold the connection, wait for the far end's FIN if one is expected, or close. */
  #finish(slot: number): void {
    const { holdUs, holdsTogether, close, request } = this.#connections.armOf(slot);
    if (holdUs > 0) {
      this.#connections.noteResent(slot);
      this.#connections.table.phase[slot] = HELD;
      if (holdsTogether === true) this.#connections.deadlines.clear(slot);
      else this.#connections.setHoldDeadline(slot);
    } else if (close === 'peer' && request !== undefined && !this.#authentication.leavesOpen(slot)) {
      this.#connections.table.phase[slot] = CLOSING;
      this.#connections.setDeadline(slot, RESPONSE_DEADLINE);
    } else {
      this.#connections.settleDone(slot);
    }
  }
}
