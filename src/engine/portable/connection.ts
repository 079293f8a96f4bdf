import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { TLSSocket } from 'node:tls';
import {
  createTcpInfo,
  keepIcmpErrors,
  readLocalPort,
  readTcpInfo,
  startKeepAlive,
  TCP_CLOSE,
  takeSocketError,
} from '../../net/index.ts';
import { hasAnswered, LONGEST_PROOF_US, PROBES } from '../holding.ts';
import { mayHaveResent } from '../resent.ts';
import type { AttemptRecord } from '../types.ts';
import { errnoOf } from './errno.ts';
import { tellRefusal } from './refusal.ts';
import { openSocket, type Route } from './socket.ts';
import { type TlsLayer, tlsCodeOf } from './tls-layer.ts';

/** What a connection tells of itself. */
export interface ConnectionEvents {
  /** connect() was called: the SYN leaves. */
  calling(): void;
  connected(): void;
  /** The SYN was answered by an error, or by nothing for as long as the system waits. The descriptor is still open. */
  refused(errno: number): void;
  received(bytes: Uint8Array, count: number): void;
  ended(): void;
  /** @param tlsCode OpenSSL's or Node's, where it is TLS that failed @param wasBind it was bind() */
  failed(errno: number, tlsCode: string | undefined, wasBind?: boolean): void;
}

const tcpInfo = createTcpInfo();

/** The shortest that Node takes to be any: whole seconds are what it has. */
const NODE_KEEP_ALIVE_MS = 1_000;

/** A socket of Node's, and TLS over it from some moment on. */
export class Connection {
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  /** What is written to and read from: the socket, or TLS over it. */
  #stream: Socket | undefined;
  #fd = -1;
  #family: 4 | 6 = 4;
  #readsData = false;

  constructor(events: ConnectionEvents) {
    this.#events = events;
  }

  get stream(): Socket | undefined {
    return this.#stream;
  }

  /**
   * Makes the socket and begins to connect it.
   * @param readBuffer where to read into; undefined for a connection that TLS will read from, which takes no buffer
   * @returns an errno where the system refused the socket
   */
  open(route: Route, readBuffer: Uint8Array | undefined): number | undefined {
    const callback = (count: number, bytes: Uint8Array): boolean => {
      this.#events.received(bytes, count);
      return true;
    };
    const setup = readBuffer === undefined ? {} : { onread: { buffer: readBuffer, callback } };
    const opened = openSocket(route, setup);
    if (typeof opened === 'number') return opened;
    const { socket, fd, connectOptions } = opened;
    this.#socket = socket;
    this.#stream = socket;
    this.#fd = fd;
    this.#family = route.endpoint.family;
    this.#readsData = readBuffer === undefined;
    // Node calls connect() on a later tick.
    socket.on('connectionAttempt', () => this.#events.calling());
    socket.on('connectionAttemptFailed', (_address, _port, _family, error) =>
      this.#events.refused(errnoOf(error)),
    );
    socket.on('connect', () => this.#events.connected());
    this.#listen(socket);
    socket.connect(connectOptions);
    return undefined;
  }

  /** Begins TLS; `secured` is called once the handshake is complete, whatever the certificate. */
  secure(tls: TlsLayer, secured: (stream: TLSSocket) => void): void {
    const socket = this.#socket!;
    socket.removeAllListeners('data').removeAllListeners('end');
    const stream = tls.begin(socket);
    this.#stream = stream;
    this.#listen(stream);
    stream.on('secureConnect', () => secured(stream));
  }

  /** What answered the SYN, where that was a refusal; only while the descriptor is open. */
  refusedBy(errno: number): string {
    return this.isOpen ? tellRefusal(this.#fd, this.#family, errno) : '';
  }

  /** Writes what the system knows of the connection into its record; only while the descriptor is open. */
  readFacts(record: AttemptRecord): void {
    if (this.#fd < 0) {
      record.sourcePort ||= this.#socket?.localPort ?? 0;
      return;
    }
    record.sourcePort ||= readLocalPort(this.#fd);
    readTcpInfo(this.#fd, tcpInfo);
    record.synRetransmits = tcpInfo.totalRetransmits;
    // Of a handshake that failed, only the SYNs are worth keeping.
    if (record.establishedAtUs < 0) return;
    keepIcmpErrors(this.#fd, this.#family, false);
    record.rttUs = tcpInfo.rttUs;
    record.mss = tcpInfo.mss;
    record.tcpOptions = tcpInfo.options;
  }

  /** Notes, once, what was sent again since the handshake; only while the descriptor is open. @param nowUs by the engine's clock */
  readResent(record: AttemptRecord, nowUs: number): void {
    // Under TLS the socket does not see what is written: whatever that is, its handshake is longer than a segment.
    const sent = this.#stream === this.#socket ? (this.#socket?.bytesWritten ?? 0) : Number.POSITIVE_INFINITY;
    if (record.synRetransmits < 0 || record.requestRetransmits >= 0 || sent === 0) return;
    record.requestRetransmits = 0;
    if (!mayHaveResent(nowUs - record.establishedAtUs, sent, record.mss)) return;
    readTcpInfo(this.#fd, tcpInfo);
    record.requestRetransmits =
      tcpInfo.totalRetransmits < 0 ? -1 : tcpInfo.totalRetransmits - record.synRetransmits;
    if (record.bytes > 0) record.minRttUs = tcpInfo.minRttUs;
  }

  /**
   * Whether the far end has reset the connection, as far as the system tells, though Node has yet to: what came before is
   * then still to be read, and a write would have Node throw it away.
   */
  get isReset(): boolean {
    if (this.#fd < 0 || !this.isOpen) return false;
    readTcpInfo(this.#fd, tcpInfo);
    return tcpInfo.state === TCP_CLOSE;
  }

  /** Whether the system tells that a keep-alive was answered: else only that none was, in its own time. */
  get tellsAnswers(): boolean {
    return this.#fd >= 0;
  }

  /** Has the system send keep-alives. @returns false where it does not */
  startKeepAlive(): boolean {
    if (this.#fd >= 0) return startKeepAlive(this.#fd, PROBES) === 0;
    this.#socket?.setKeepAlive(true, NODE_KEEP_ALIVE_MS);
    return true;
  }

  /** Whether the connection lives. @param waitedUs since keep-alives were switched on */
  hasAnswered(waitedUs: number): boolean {
    if (this.#fd < 0) return waitedUs >= LONGEST_PROOF_US;
    readTcpInfo(this.#fd, tcpInfo);
    return hasAnswered(tcpInfo, waitedUs);
  }

  get isOpen(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed;
  }

  close(how: 'close' | 'reset'): void {
    if (how === 'reset') this.#socket?.resetAndDestroy();
    this.#stream?.destroy();
    this.#socket?.destroy();
  }

  #listen(stream: Socket): void {
    if (this.#readsData) stream.on('data', (bytes) => this.#events.received(bytes, bytes.length));
    stream.on('end', () => {
      const errno = this.#fd >= 0 && this.isOpen ? takeSocketError(this.#fd) : 0;
      // A reset that comes together with bytes is an end like any other to libuv (uv__stream_io()). With a FIN before it, it
      // would be EPIPE (tcp_reset(), net/ipv4/tcp_input.c).
      if (errno === constants.errno.ECONNRESET) this.#events.failed(errno, undefined);
      else this.#events.ended();
    });
    stream.on('error', (error) => {
      const tlsCode = this.#stream === this.#socket ? undefined : tlsCodeOf(error);
      const { syscall } = error as NodeJS.ErrnoException;
      this.#events.failed(errnoOf(error), tlsCode, syscall === 'bind');
    });
  }
}
