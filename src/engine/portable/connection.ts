import type { Socket } from 'node:net';
import { constants } from 'node:os';
import type { TLSSocket } from 'node:tls';
import {
  createTcpInfo,
  readTcpInfo,
  sendAtOnce,
  startKeepAlive,
  TCP_CLOSE,
  TCP_ESTABLISHED,
  takeSocketError,
} from '../../net/index.ts';
import { hasAnswered, LONGEST_PROOF_US, PROBES } from '../holding.ts';
import type { AttemptRecord, Endpoint } from '../types.ts';
import { errnoOf } from './errno.ts';
import { noteRefusal } from './refusal.ts';
import { openSocket, type Route } from './socket.ts';
import { readFacts, readResent } from './tcp-facts.ts';
import { type TlsLayer, tlsCodeOf } from './tls-layer.ts';

/** Events of a connection. */
export interface ConnectionEvents {
  /** connect() was called: the SYN is being sent. */
  calling(): void;
  connected(): void;
  /** The SYN was answered by an error, or the system timed out. The descriptor is still open. */
  refused(errno: number): void;
  received(bytes: Uint8Array, count: number): void;
  ended(): void;
  /**
   * @param tlsCode from OpenSSL or Node, if TLS failed
   * @param wasBind bind() failed
   */
  failed(errno: number, tlsCode: string | undefined, wasBind?: boolean): void;
}

const tcpInfo = createTcpInfo();

/** The shortest interval that Node accepts: it works in whole seconds. */
const NODE_KEEP_ALIVE_MS = 1_000;

/** A Node socket, with TLS over it from some point on. */
export class Connection {
  readonly #events: ConnectionEvents;
  #socket: Socket | undefined;
  /** The stream to write to and read from: the socket, or TLS over it. */
  #stream: Socket | undefined;
  #fd = -1;
  #family: 4 | 6 = 4;
  #readsData = false;
  /** Bytes that went past Node. */
  #sentBytes = 0;

  constructor(events: ConnectionEvents) {
    this.#events = events;
  }

  get stream(): Socket | undefined {
    return this.#stream;
  }

  /**
   * Creates the socket and starts connecting it.
   * @param readBuffer buffer to read into; undefined for a connection that TLS will read from, which takes no buffer
   * @returns an errno if the system refused the socket
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

  /** Starts TLS; `secured` is called once the handshake is complete, whether or not the certificate is valid. */
  secure(tls: TlsLayer, secured: (stream: TLSSocket) => void): void {
    const socket = this.#socket!;
    socket.removeAllListeners('data').removeAllListeners('end');
    const stream = tls.begin(socket);
    this.#stream = stream;
    this.#listen(stream);
    stream.on('secureConnect', () => secured(stream));
  }

  /**
   * Sends, once connected. Where the kernel takes all of it at once, Node's streams are left out: they take longer than
   * the system call.
   * @param bytes not needed any more once this returns
   */
  send(bytes: Uint8Array): void {
    const stream = this.#stream!;
    if (stream !== this.#socket || this.#fd < 0 || !this.isOpen || stream.writableLength > 0) {
      stream.write(Buffer.from(bytes));
      return;
    }
    const sent = sendAtOnce(this.#fd, bytes);
    if (sent >= 0) this.#sentBytes += sent;
    if (sent === bytes.length) return;
    if (sent >= 0 || sent === -constants.errno.EAGAIN)
      stream.write(Buffer.from(bytes.subarray(Math.max(0, sent))));
    // As Node reports what it cannot write: later, and once.
    else process.nextTick(() => this.#events.failed(-sent, undefined));
  }

  /** Records what answered the SYN; call while the descriptor is open. */
  noteRefusal(record: AttemptRecord, endpoint: Endpoint, errno: number): void {
    if (this.isOpen) noteRefusal(record, this.#fd, endpoint, errno);
  }

  /** Records what the kernel knows of the connection; call while the descriptor is open. */
  readFacts(record: AttemptRecord): void {
    readFacts(record, this.#fd, this.#family, this.#socket);
  }

  /**
   * Records, once, retransmissions since the handshake; call while the descriptor is open.
   * @param nowUs by the engine's clock
   */
  readResent(record: AttemptRecord, nowUs: number): void {
    // Under TLS the socket does not count what is written, but a TLS handshake is always longer than one segment.
    const sent =
      this.#stream === this.#socket
        ? (this.#socket?.bytesWritten ?? 0) + this.#sentBytes
        : Number.POSITIVE_INFINITY;
    if (record.requestRetransmits < 0) readResent(record, this.#fd, sent, nowUs);
  }

  /**
   * Whether the kernel reports that the far end has reset the connection before Node does: data received earlier is
   * then still to be read, and a write would make Node discard it.
   */
  get isReset(): boolean {
    if (this.#fd < 0 || !this.isOpen) return false;
    readTcpInfo(this.#fd, tcpInfo);
    return tcpInfo.state === TCP_CLOSE;
  }

  /** Whether the kernel has completed the handshake, which it may have before Node says so. */
  get isConnected(): boolean {
    if (this.#fd < 0 || !this.isOpen) return false;
    readTcpInfo(this.#fd, tcpInfo);
    return tcpInfo.state === TCP_ESTABLISHED;
  }

  /**
   * Whether the system reports answered keep-alives; otherwise it reports only, after its own timeout, that none was.
   */
  get reportsAnswers(): boolean {
    return this.#fd >= 0;
  }

  /**
   * Makes the system send keep-alives.
   * @returns false if it does not
   */
  startKeepAlive(): boolean {
    if (this.#fd >= 0) return startKeepAlive(this.#fd, PROBES) === 0;
    this.#socket?.setKeepAlive(true, NODE_KEEP_ALIVE_MS);
    return true;
  }

  /**
   * Whether the connection is alive.
   * @param waitedUs since keep-alives were switched on
   */
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
      // libuv treats a reset that arrives together with data as a normal end (uv__stream_io()). With a FIN before it,
      // it would be EPIPE (tcp_reset(), net/ipv4/tcp_input.c).
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
