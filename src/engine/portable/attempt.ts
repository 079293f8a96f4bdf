import type { Socket } from 'node:net';
import type { AttemptPhase, EndCause } from '../../outcome/classify.ts';
import { COMPLETE, GARBAGE } from '../http/response-parser.ts';
import { createTcpInfo, readLocalPort, readTcpInfo } from '../libc/index.ts';
import type { AttemptObserver, AttemptRecord, Clock, EngineArm } from '../types.ts';
import { errnoOf, isAfterHandshake } from './errno.ts';
import type { Exchange } from './exchange.ts';
import { sendRequest, stampRequest } from './request.ts';
import { type OpenedSocket, openSocket } from './socket.ts';

/** What attempts share with their engine. */
export interface AttemptHost {
  readonly clock: Clock;
  readonly observer: AttemptObserver;
  /** Every socket reads into this one: Node hands over what it read before it reads again. */
  readonly readBuffer: Uint8Array;
  /** The attempt is over; called before the observer hears of it. */
  forget(attempt: Attempt): void;
}

const tcpInfo = createTcpInfo();

/** One connection, from socket to close, as Node's own loop drives it. */
export class Attempt {
  readonly #host: AttemptHost;
  readonly #arm: EngineArm;
  readonly #record: AttemptRecord;
  readonly #exchange: Exchange;
  #socket: Socket | undefined;
  #fd = -1;
  #deadlineUs = Number.POSITIVE_INFINITY;
  #isOver = false;

  constructor(host: AttemptHost, arm: EngineArm, record: AttemptRecord, exchange: Exchange) {
    this.#host = host;
    this.#arm = arm;
    this.#record = record;
    this.#exchange = exchange;
  }

  begin(): void {
    const record = this.#record;
    const { endpoints, sources, socket: options } = this.#arm;
    const opened = openSocket(
      {
        endpoint: endpoints[record.endpoint]!,
        source: sources[record.source],
        sourcePort: record.sourcePort,
        options,
      },
      { onread: { buffer: this.#host.readBuffer, callback: (count, bytes) => this.#take(bytes, count) } },
    );
    record.startedAtUs = this.#host.clock();
    if (typeof opened === 'number') this.#settle('start', 'errno', opened);
    else this.#connect(opened);
  }

  /** Moves on or ends where the phase has lasted as long as it may. */
  expire(nowUs: number): void {
    if (nowUs < this.#deadlineUs) return;
    if (this.#record.phase === 'held') this.#finish();
    else this.#settle(this.#record.phase, 'timeout');
  }

  /** Ends a hold as if its time were up, without waiting for the far end to close. */
  release(): void {
    if (this.#record.phase === 'held') this.#settle('done', 'none');
  }

  abort(): void {
    this.#settle(this.#record.phase, 'stopped');
  }

  #connect({ socket, fd, connectOptions }: OpenedSocket): void {
    this.#socket = socket;
    this.#fd = fd;
    this.#enter('handshake', this.#arm.handshakeTimeoutUs);
    // Node calls connect() on a later tick: the SYN leaves, and the timeout begins, only then.
    socket.on('connectionAttempt', () => {
      this.#record.startedAtUs = this.#host.clock();
      this.#enter('handshake', this.#arm.handshakeTimeoutUs);
    });
    socket.on('connectionAttemptFailed', (_address, _port, _family, error) =>
      this.#failToConnect(errnoOf(error)),
    );
    socket.on('connect', () => this.#establish());
    socket.on('end', () => this.#meetEnd());
    socket.on('error', (error) => this.#fail(errnoOf(error)));
    socket.connect(connectOptions);
  }

  /** An answer to the SYN, or none: the descriptor is still open. */
  #failToConnect(errno: number): void {
    if (this.#isOver) return;
    if (isAfterHandshake(errno)) this.#markEstablished();
    if (this.#record.phase === 'done') this.#settle('done', 'none');
    else this.#settle(this.#record.phase, 'errno', errno);
  }

  /** Without a failed handshake before it, an error in this phase is connect()'s or bind()'s own: no SYN was sent. */
  #fail(errno: number): void {
    this.#settle(this.#record.phase === 'handshake' ? 'start' : this.#record.phase, 'errno', errno);
  }

  #establish(): void {
    this.#markEstablished();
    const { request } = this.#arm;
    if (request === undefined) this.#holdOrFinish();
    else sendRequest(this.#socket!, stampRequest(request, this.#record.attempt));
  }

  #markEstablished(): void {
    this.#record.establishedAtUs = this.#host.clock();
    this.#readFacts();
    if (this.#arm.request !== undefined) this.#enter('response', this.#arm.responseTimeoutUs);
    else if (this.#arm.holdUs > 0) this.#enter('held', this.#arm.holdUs);
    else this.#record.phase = 'done';
    this.#host.observer.established(this.#record);
  }

  /** Bytes after a complete response are read, so that closing does not turn into a reset, and left alone. */
  #take(bytes: Uint8Array, count: number): boolean {
    const record = this.#record;
    if (this.#isOver || record.phase !== 'response') return true;
    if (record.bytes === 0) record.firstByteAtUs = this.#host.clock();
    record.bytes += count;
    const progress = this.#exchange.push(bytes, count);
    record.status = this.#exchange.status();
    if (progress === GARBAGE) this.#settle('response', 'parse');
    else if (progress === COMPLETE) this.#complete();
    return true;
  }

  #complete(): void {
    this.#record.respondedAtUs = this.#host.clock();
    this.#holdOrFinish();
  }

  #holdOrFinish(): void {
    if (this.#arm.holdUs > 0) this.#enter('held', this.#arm.holdUs);
    else this.#finish();
  }

  /** Bare TCP has no exchange whose end the far side could mark by closing. */
  #finish(): void {
    const awaitsFin = this.#arm.close === 'peer' && this.#arm.request !== undefined;
    if (awaitsFin) this.#enter('closing', this.#arm.responseTimeoutUs);
    else this.#settle('done', 'none');
  }

  #meetEnd(): void {
    const { phase } = this.#record;
    if (phase === 'closing') this.#settle('done', 'none');
    else if (phase === 'response' && this.#exchange.completesAtEnd()) {
      this.#record.respondedAtUs = this.#host.clock();
      this.#settle('done', 'none');
    } else this.#settle(phase, 'eof');
  }

  #enter(phase: AttemptPhase, lastsUs: number): void {
    this.#record.phase = phase;
    this.#deadlineUs = this.#host.clock() + lastsUs;
  }

  /** Asked while the descriptor is open. Of a handshake that failed, only the SYNs are worth keeping. */
  #readFacts(): void {
    const record = this.#record;
    if (this.#fd < 0) {
      record.sourcePort ||= this.#socket?.localPort ?? 0;
      return;
    }
    record.sourcePort ||= readLocalPort(this.#fd);
    readTcpInfo(this.#fd, tcpInfo);
    record.synRetransmits = tcpInfo.totalRetransmits;
    if (record.establishedAtUs < 0) return;
    record.rttUs = tcpInfo.rttUs;
    record.mss = tcpInfo.mss;
    record.tcpOptions = tcpInfo.options;
  }

  #settle(phase: AttemptPhase, cause: EndCause, errno = 0): void {
    if (this.#isOver) return;
    this.#isOver = true;
    const record = this.#record;
    record.phase = phase;
    record.cause = cause;
    record.errno = errno;
    this.#close(phase);
    record.endedAtUs = this.#host.clock();
    this.#host.forget(this);
    this.#exchange.end();
    this.#host.observer.settled(record);
  }

  #close(phase: AttemptPhase): void {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed) return;
    const isConnected = this.#record.establishedAtUs >= 0;
    if (!isConnected && phase === 'handshake') this.#readFacts();
    if (isConnected && this.#arm.close === 'reset') socket.resetAndDestroy();
    else socket.destroy();
  }
}
