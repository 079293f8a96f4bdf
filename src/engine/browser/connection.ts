import type { TLSSocket } from 'node:tls';
import type { EndCause } from '../../outcome/classify.ts';
import { isPortTaken } from '../lack.ts';
import { errnoOf, isAfterHandshake, isReset } from '../portable/errno.ts';
import type { AttemptRecord } from '../types.ts';
import { ConnectionFacts } from './connection-facts.ts';
import type { ConnectionOwner, Lost, Manner, Shared } from './connection-owner.ts';
import { Exchange } from './exchange.ts';
import { openStreams } from './open-streams.ts';
import { Opening } from './opening.ts';
import type { PageObject } from './page-object.ts';
import { Patience } from './patience.ts';
import { Requests } from './requests.ts';
import type { BrowserSocket } from './sockets/types.ts';
import type { Streams } from './streams.ts';

/**
 * What comes so soon after an answer came with it: Chromium takes 1 to 6 ms from its last byte until the connection is idle (by its own log,
 * --log-net-log; some 20 ms where five share two cores).
 */
const SEEN_AT_ONCE_US = 5_000;

/** One connection of a browser: a socket created like that of any other attempt, which carries one request at a time. */
export class Connection {
  readonly record: AttemptRecord;
  /** Number of the host that it serves, see {@link PageCompiler.hostOf}. */
  readonly site: number;
  readonly #shared: Shared;
  readonly #owner: ConnectionOwner<Connection>;
  readonly #socket: BrowserSocket;
  readonly #exchange: Exchange;
  readonly #opening: Opening;
  readonly #requests: Requests;
  readonly #facts: ConnectionFacts;
  readonly #patience: Patience;
  readonly #manner: Manner;
  #streams: Streams | undefined;
  #isReady = false;
  #idleSinceUs = 0;
  /** The far end has closed it while it was idle, or sent what nobody had asked for. */
  #isSpoilt = false;
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
    this.#socket = shared.sockets.create({
      // The SYN is sent, and the timeout starts, only then: with Node's sockets on a later tick.
      calling: () => this.#markStarted(),
      connected: () => this.#meetConnect(),
      refused: (errno) => this.#failToConnect(errno),
      received: (bytes, count) => this.#take(bytes, count),
      ended: () => this.#meetEnd(),
      failed: (errno, tlsCode, wasBind = false) => this.#fail(errno, tlsCode, wasBind),
    });
    const { arm, host, tls } = shared;
    this.#facts = new ConnectionFacts(record, this.#socket, arm.endpoints[record.endpoint]!, host);
    this.#patience = new Patience(host.clock);
    const parts = { arm, host, tls, record, site, exchange: this.#exchange, socket: this.#socket };
    const facts = this.#facts;
    this.#requests = new Requests(
      { shared, record, exchange: this.#exchange, socket: this.#socket, facts },
      {
        answered: (object, answer) => owner.answered(this, object, answer),
        settle: (phase, cause, errno, lost) => this.#settle(phase, cause, errno, lost),
      },
    );
    this.#opening = new Opening(parts, {
      enter: (phase) => {
        record.phase = phase;
        this.#patience.begin(arm.responseTimeoutUs);
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
    return this.#requests.isProven;
  }

  /** Whether it can carry requests, or did. */
  get isReady(): boolean {
    return this.#isReady;
  }

  /** Not ready, as far as is known, but it can carry requests: its handshake is over, and nothing else is needed. */
  get isReadyUnnoticed(): boolean {
    const { arm, tls } = this.#shared;
    return this.record.phase === 'handshake' && !tls && !arm.page.connect && this.#socket.isConnected;
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
    return this.#streams?.isBusy === true;
  }

  open(): void {
    const { record } = this;
    const { endpoints, sources, socket: options } = this.#shared.arm;
    const endpoint = endpoints[record.endpoint]!;
    const route = { endpoint, source: sources[record.source], sourcePort: record.sourcePort, options };
    // Of one that is refused; of others, connect() is called later.
    this.#markStarted();
    const errno = this.#socket.open(route);
    // The owner does not know the connection yet.
    if (errno !== undefined) this.#shared.sockets.after(0, () => this.#refuse(errno, true));
    else record.phase = 'handshake';
  }

  /**
   * Sends a request; one at a time.
   * @param isAnswering it answers the challenge just received on this connection
   */
  ask(object: PageObject, request: Uint8Array, isAnswering: boolean): void {
    const wasIdle = this.record.phase === 'held';
    this.record.phase = 'response';
    this.#requests.ask(object, request, isAnswering);
    const { sentAtUs } = this.#exchange;
    if (wasIdle) this.#noteUnasked(sentAtUs);
    this.#patience.begin(this.#shared.arm.responseTimeoutUs, sentAtUs);
  }

  /** Sends a request beside others that are in progress. */
  askBeside(object: PageObject): void {
    const nowUs = this.#shared.host.clock();
    if (this.record.phase === 'held') this.#noteUnasked(nowUs);
    this.record.phase = 'response';
    this.#patience.begin(this.#shared.arm.responseTimeoutUs, nowUs);
    this.#streams!.ask(object, this.#shared.arm.page.fields(object.index, object.nonce));
  }

  /** It was idle, and is asked: what nobody had asked for did not take so long. */
  #noteUnasked(nowUs: number): void {
    if (this.record.respondedAtUs < 0) this.record.unaskedUs += nowUs - this.#idleSinceUs;
  }

  /**
   * Leaves it idle, or ends it if it cannot be used again.
   * @param fromUs now, if the clock has just been read
   */
  rest(fromUs?: number): void {
    if (this.isBusy) return;
    if ((this.isMultiplexed && !this.isUsable) || !this.#exchange.persists) this.close();
    else {
      this.record.phase = 'held';
      this.#idleSinceUs = fromUs ?? this.#shared.host.clock();
      const { idleUs, profile } = this.#shared.arm;
      const lastsUs = this.isProven ? idleUs : Math.min(idleUs, profile.unusedIdleUs);
      this.#patience.begin(lastsUs, this.#idleSinceUs);
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
    if (cause === 'denied' || cause === 'not-offered') this.record.errorName = this.#requests.challengeName;
    this.#settle('response', cause);
  }

  /** Closes an idle connection. */
  close(): void {
    this.#settle('done', 'none');
  }

  abort(): void {
    this.#settle(this.record.phase, 'stopped');
  }

  /** Whether it is idle, and of no more use: for too long, or since the far end ended that. */
  isStale(nowUs: number): boolean {
    return this.#isSpoilt || this.#patience.isOver(nowUs);
  }

  /** Ends it if its current phase has timed out. */
  expire(nowUs: number): void {
    const { phase } = this.record;
    if (phase === 'handshake' && this.#patience.becomesSlow(nowUs)) this.#owner.slow(this);
    if (!this.#patience.isOver(nowUs)) return;
    if (phase !== 'held') this.#settle(phase, 'timeout');
    else if (!this.#shared.arm.profile.closesWhenAsked) this.close();
  }

  #markStarted(): void {
    this.record.startedAtUs = this.#shared.host.clock();
    this.#patience.begin(this.#shared.arm.handshakeTimeoutUs);
    if (!this.#manner.isBeside)
      this.#patience.slowAt(this.record.startedAtUs + this.#shared.arm.profile.backupAfterUs);
  }

  #meetConnect(): void {
    this.#facts.markEstablished();
    this.#opening.begin(this.#manner.authorises);
  }

  #meetOpened(secured: TLSSocket | undefined): void {
    this.#isReady = true;
    if (secured?.alpnProtocol === 'h2')
      this.#streams = openStreams(this.#shared, this.record, this.site, secured, {
        answered: (object, answer) => {
          this.#requests.countAnswer();
          this.#patience.begin(this.#shared.arm.responseTimeoutUs);
          this.#owner.answered(this, object, answer);
        },
        cut: (object, isRefused) => this.#owner.cut(this, object, isRefused),
        ended: (error) => this.#meetStreamsEnd(error),
      });
    this.rest();
    this.#owner.ready(this);
  }

  /** @param error undefined: the far end ended it */
  #meetStreamsEnd(error: NodeJS.ErrnoException | undefined): void {
    // What has no name of the system's is from the session or TLS: what came makes no sense.
    const errno = error?.code === undefined || error.code.startsWith('ERR_') ? 0 : errnoOf(error);
    if (!this.isBusy) this.#settle(errno > 0 ? 'held' : 'done', errno > 0 ? 'errno' : 'none', errno);
    else this.#settle('response', errno > 0 ? 'errno' : error === undefined ? 'eof' : 'parse', errno);
  }

  /** The SYN was refused or timed out: the descriptor is still open. */
  #failToConnect(errno: number): void {
    if (this.#isOver) return;
    if (isAfterHandshake(errno)) {
      this.#facts.markEstablished();
      this.record.phase = 'response';
    } else this.#facts.noteRefusal(errno);
    this.#settle(this.record.phase, 'errno', errno);
  }

  #fail(errno: number, tlsCode: string | undefined, wasBind: boolean): void {
    if (this.#isOver) return;
    // Without a prior handshake failure, an error in this phase comes from connect() or bind() itself: no SYN was
    // sent.
    if (this.record.phase === 'handshake') this.#refuse(errno, wasBind);
    else if (!this.#isReady) this.#opening.fail(errno, tlsCode);
    else if (this.#requests.isAsked) this.#requests.cut('errno', errno);
    // Its end was an orderly one, whatever came of it since.
    else if (this.#isSpoilt) this.close();
    else this.#settle('held', 'errno', errno);
  }

  /** This machine refused to start it. */
  #refuse(errno: number, wasBind: boolean): void {
    this.#facts.noteLack(errno, wasBind);
    this.#settle('start', 'errno', errno);
  }

  /** A FIN is a normal way to end an idle connection; a reset or a path error is not. */
  #meetEnd(): void {
    if (this.#isOver) return;
    if (!this.#isReady) this.#opening.end();
    else if (this.#requests.isAsked) this.#requests.meetEnd();
    else this.#spoil();
  }

  #take(bytes: Uint8Array, count: number): void {
    if (this.#isOver) return;
    this.record.bytes += count;
    if (!this.#isReady) this.#opening.take(bytes, count);
    else if (this.#requests.isAsked) this.#requests.take(bytes, count);
    // Nobody asked for it: the connection is of no more use, as in Chromium (StreamSocket::IsConnectedAndIdle).
    else this.#spoil();
  }

  /**
   * Chromium does not look at its idle connections: one that the far end has closed stays half open until another is asked for
   * (net/socket/transport_client_socket_pool.cc, CleanupIdleSockets), unless that is known as it becomes idle (ReleaseSocket).
   */
  #spoil(): void {
    const { host, arm } = this.#shared;
    const restedUs = host.clock() - this.#idleSinceUs;
    if (this.isMultiplexed || !arm.profile.closesWhenAsked || restedUs < SEEN_AT_ONCE_US) this.close();
    else if (!this.#isSpoilt) {
      this.#isSpoilt = true;
      this.#owner.spoilt(this);
    }
  }

  #settle(phase: AttemptRecord['phase'], cause: EndCause, errno = 0, lost: Lost = 'failed'): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const { host } = this.#shared;
    const cut = this.#requests.isAsked ? this.#exchange : undefined;
    if (cut !== undefined && cut.status !== 0) host.answered(cut.status, cut.errorName);
    const { record } = this;
    record.phase = phase;
    record.cause = cause;
    record.errno = errno;
    if (phase === 'handshake') this.#facts.noteHandshake();
    this.#facts.noteResent();
    // As of a single request: not if nobody cut it, but this end gave it up.
    const isCut = cause === 'eof' || (cause === 'errno' && isReset(errno));
    const others = (this.#streams?.inProgress ?? []).map(
      ({ object, isUntouched }) =>
        [object, isCut && isUntouched && this.isProven ? 'stale' : 'failed'] as const,
    );
    this.#streams?.close();
    this.#socket.close();
    this.#exchange.close();
    record.endedAtUs = host.clock();
    host.settled(record);
    const isUnreached = phase === 'handshake' && (cause === 'timeout' || cause === 'errno');
    const lacksPort = phase === 'start' && isPortTaken(record);
    this.#owner.over(this, cut?.object, { lost, isUnreached, lacksPort }, others);
  }
}
