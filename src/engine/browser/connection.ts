import type { Socket } from 'node:net';
import type { Client } from 'undici';
import type { EndCause } from '../../outcome/classify.ts';
import { uriHostOf } from '../../scenario/host-names.ts';
import { diagnoseLack } from '../lack.ts';
import { errnoOf, isAfterHandshake, isReset } from '../portable/errno.ts';
import { noteRefusal } from '../portable/refusal.ts';
import { openSocket } from '../portable/socket.ts';
import { readFacts, readResent } from '../portable/tcp-facts.ts';
import type { AttemptRecord, Endpoint } from '../types.ts';
import { asksElsewhere } from './challenge.ts';
import { createClient } from './client.ts';
import { Exchange, errorNameOf } from './exchange.ts';
import type { PageRequest } from './page.ts';
import type { Answer, BrowserArm, BrowserHost } from './types.ts';

/**
 * What happened to a request whose connection ended. `unsent`: it was never sent; `stale`: nothing came back on a
 * reused connection; `challenged`: it was sent with credentials after a challenge, and nothing came back; `failed`:
 * anything else.
 */
export type Lost = 'unsent' | 'stale' | 'challenged' | 'failed';

/** The owner of a connection. */
export interface ConnectionOwner {
  /** The handshake is complete. */
  ready(connection: Connection): void;
  /** The owner sends another request, leaves it idle or ends it. */
  answered(connection: Connection, answer: Answer): void;
  /**
   * It is closed and recorded.
   * @param lost set if a request was in progress
   */
  over(connection: Connection, lost: Lost | undefined): void;
}

/** One connection of a browser: a socket created like that of any other attempt, with undici's client on top. */
export class Connection {
  readonly record: AttemptRecord;
  readonly #arm: BrowserArm;
  readonly #host: BrowserHost;
  readonly #owner: ConnectionOwner;
  #socket: Socket | undefined;
  #client: Client | undefined;
  #fd = -1;
  #exchange: Exchange | undefined;
  #isAnswering = false;
  /** Responses received, including challenges. */
  #answers = 0;
  /** The error named by the last response that asked for credentials. */
  #challengeName = '';
  /** Of the last error: 0 if the system did not report it, undefined if there was none. */
  #errno: number | undefined;
  /** The far end's FIN has come. */
  #isEnded = false;
  #deadlineUs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(arm: BrowserArm, host: BrowserHost, owner: ConnectionOwner, record: AttemptRecord) {
    this.#arm = arm;
    this.#host = host;
    this.#owner = owner;
    this.record = record;
  }

  /** Whether any response has arrived on it. */
  get isProven(): boolean {
    return this.#answers > 0;
  }

  open(): void {
    const { record } = this;
    const { sources, socket: options } = this.#arm;
    const opened = openSocket(
      { endpoint: this.#endpoint, source: sources[record.source], sourcePort: 0, options },
      {},
    );
    record.startedAtUs = this.#host.clock();
    if (typeof opened === 'number') {
      // The owner does not know the connection yet.
      setImmediate(() => this.#refuse(opened, true));
      return;
    }
    const { socket, fd, connectOptions } = opened;
    this.#socket = socket;
    this.#fd = fd;
    record.phase = 'handshake';
    this.#limit(this.#arm.handshakeTimeoutUs);
    // Node calls connect() on a later tick: the SYN is sent, and the timeout starts, only then.
    socket.on('connectionAttempt', () => {
      record.startedAtUs = this.#host.clock();
      this.#limit(this.#arm.handshakeTimeoutUs);
    });
    socket.on('connectionAttemptFailed', (_address, _port, _family, error) =>
      this.#failToConnect(errnoOf(error)),
    );
    socket.on('connect', () => this.#meetConnect(socket));
    socket.on('error', (error) => this.#fail(error));
    socket.on('end', () => (this.#isEnded = true));
    socket.on('close', () => this.#meetClose());
    socket.connect(connectOptions);
  }

  /**
   * Sends a request; one at a time.
   * @param isAnswering it answers the challenge just received on this connection
   */
  ask({ path, headers }: PageRequest, isAnswering: boolean): void {
    this.record.phase = 'response';
    this.#isAnswering = isAnswering;
    this.#limit(this.#arm.responseTimeoutUs);
    const { auth } = this.#arm;
    const exchange = new Exchange(
      this.#host.clock,
      () => this.#meetAnswer(exchange),
      (status, head) => {
        this.#noteResent();
        return asksElsewhere(status, head, auth);
      },
    );
    this.#exchange = exchange;
    this.#client!.dispatch({ path, method: 'GET', headers }, exchange);
  }

  /** Leaves it idle. If the far end has closed it with its last response, it ends here. */
  rest(): void {
    if (this.#socket?.destroyed === true) this.#settleAtRest();
    else {
      this.record.phase = 'held';
      this.#limit(this.#arm.idleUs);
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
    return this.#arm.endpoints[this.record.endpoint]!;
  }

  #limit(lastsUs: number): void {
    this.#deadlineUs = this.#host.clock() + lastsUs;
  }

  #meetConnect(socket: Socket): void {
    this.#markEstablished(socket);
    const { address, port } = this.#endpoint;
    // Only the socket needs the zone.
    this.#client = createClient(`http://${uriHostOf(address)}:${port}`, socket);
    this.rest();
    this.#owner.ready(this);
  }

  #markEstablished(socket: Socket): void {
    this.record.establishedAtUs = this.#host.clock();
    readFacts(this.record, this.#fd, this.#endpoint.family, socket);
    this.#host.established(this.record);
  }

  /** The SYN was refused or timed out: the descriptor is still open. */
  #failToConnect(errno: number): void {
    if (this.#isOver) return;
    if (isAfterHandshake(errno)) {
      this.#markEstablished(this.#socket!);
      this.record.phase = 'response';
    } else noteRefusal(this.record, this.#fd, this.#endpoint, errno);
    this.#settle(this.record.phase, 'errno', errno);
  }

  #fail(error: NodeJS.ErrnoException): void {
    this.#errno = errnoOf(error);
    // Without a prior handshake failure, an error in this phase comes from connect() or bind() itself: no SYN was
    // sent.
    if (this.record.phase === 'handshake') this.#refuse(this.#errno, error.syscall === 'bind');
  }

  /** This machine refused to start it. */
  #refuse(errno: number, wasBind: boolean): void {
    this.record.lacks = diagnoseLack(errno, wasBind, this.#endpoint);
    this.#settle('start', 'errno', errno);
  }

  #meetAnswer(exchange: Exchange): void {
    if (this.#isOver) return;
    const { status, headers, sentAtUs, completedAtUs } = exchange;
    this.#exchange = undefined;
    this.#answers += 1;
    const errorName = errorNameOf(exchange);
    const isChallenge = status === this.#arm.auth?.status;
    if (isChallenge) this.#challengeName = errorName;
    this.#host.answered(status, isChallenge ? '' : errorName);
    if (!isChallenge) exchange.record(this.record, (other) => this.#arm.isExpected(other));
    const persists = this.#socket?.destroyed === false && !exchange.isCutShort;
    this.#owner.answered(this, { status, headers, sentAtUs, completedAtUs, persists });
  }

  #meetClose(): void {
    const exchange = this.#exchange;
    // The response is complete, and about to be reported.
    if (this.#isOver || (exchange !== undefined && exchange.completedAtUs >= 0)) return;
    if (exchange === undefined) this.#settleAtRest();
    else if (exchange.sentAtUs < 0 && !this.#isAnswering) this.#settleAtRest('unsent');
    else this.#settleCut(exchange);
  }

  /** A FIN is a normal way to end an idle connection; a reset or a path error is not. */
  #settleAtRest(lost?: Lost): void {
    const errno = this.#errno ?? 0;
    if (errno > 0) this.#settle('held', 'errno', errno, lost);
    else this.#settle('done', 'none', 0, lost);
  }

  #settleCut({ firstByteAtUs, status }: Exchange): void {
    const errno = this.#errno ?? 0;
    // An error without a system errno is undici's: the data received is not a response.
    const isGarbage = this.#errno === 0 && !this.#isEnded;
    const isUnanswered = firstByteAtUs < 0 && !isGarbage && (errno === 0 || isReset(errno));
    if (isUnanswered && this.#isAnswering) {
      this.record.status = this.#arm.auth?.status ?? 0;
      this.#settle('response', 'challenged', 0, 'challenged');
      return;
    }
    this.record.status = status;
    const lost = isUnanswered && this.isProven ? 'stale' : 'failed';
    if (errno > 0) this.#settle('response', 'errno', errno, lost);
    else this.#settle('response', isGarbage ? 'parse' : 'eof', 0, lost);
  }

  #settle(
    phase: AttemptRecord['phase'],
    cause: EndCause,
    errno = 0,
    lost: Lost | undefined = this.#exchange === undefined ? undefined : 'failed',
  ): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const cut = this.#exchange;
    if (cut !== undefined && cut.status !== 0) this.#host.answered(cut.status, errorNameOf(cut));
    const { record } = this;
    record.phase = phase;
    record.cause = cause;
    record.errno = errno;
    this.#release(phase);
    record.endedAtUs = this.#host.clock();
    this.#host.settled(record);
    this.#owner.over(this, lost);
  }

  /** The descriptor is available while a response arrives, and may be gone once it is complete. */
  #noteResent(): void {
    const socket = this.#socket;
    if (socket !== undefined && !socket.destroyed && this.record.establishedAtUs >= 0)
      readResent(this.record, this.#fd, socket.bytesWritten, this.#host.clock());
  }

  #release(phase: AttemptRecord['phase']): void {
    const socket = this.#socket;
    if (socket === undefined) return;
    if (phase === 'handshake' && !socket.destroyed)
      readFacts(this.record, this.#fd, this.#endpoint.family, socket);
    this.#noteResent();
    this.record.bytes = socket.bytesRead;
    this.#client?.destroy(() => undefined);
    socket.destroy();
  }
}
