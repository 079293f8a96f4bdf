import { constants } from 'node:os';
import { MSG_NOSIGNAL, SOCK_CLOEXEC, SOCK_NONBLOCK } from '../../net/constants.ts';
import { Arena, createBoundSocket, type Libc, loadLibc, readLocalPort } from '../../net/index.ts';

/** Has the fields that most servers send, so that the whole parser is exercised. */
const RESPONSE = Buffer.from(
  [
    'HTTP/1.1 200 OK',
    'Date: Thu, 01 Jan 1970 00:00:00 GMT',
    'Server: rehearsal',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Length: 10',
    'Last-Modified: Thu, 01 Jan 1970 00:00:00 GMT',
    'Connection: close',
    '\r\nrehearsal\n',
  ].join('\r\n'),
);

/** One read takes any request except one with a large body. */
const REQUEST_BYTES = 65_536;

const BACKLOG = 256;

const { EAGAIN } = constants.errno;

/**
 * A far end in this same thread: listens on a random port of 127.0.0.1, reads what has arrived of a request, responds
 * and closes. It acts only within {@link serve}.
 */
export class RehearsalPeer {
  readonly port: number;
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #listener: number;
  readonly #request: number;
  readonly #response: number;
  /** Accepted, but nothing received yet. */
  readonly #silent: number[] = [];
  /** Responded to; closed in the next call. */
  readonly #answered: number[] = [];

  /** @returns undefined if this machine has no loopback to listen on */
  static open(): RehearsalPeer | undefined {
    const libc = loadLibc();
    const listener = createBoundSocket({ family: 4, source: '127.0.0.1', sourcePort: 0, options: {} });
    if (listener < 0) return undefined;
    if (libc.listen(listener, BACKLOG) === 0) return new RehearsalPeer(libc, listener);
    libc.close(listener);
    return undefined;
  }

  private constructor(libc: Libc, listener: number) {
    this.#libc = libc;
    this.#listener = listener;
    this.port = readLocalPort(listener);
    this.#arena = new Arena(libc, REQUEST_BYTES + 2 * RESPONSE.length);
    this.#request = this.#arena.take(REQUEST_BYTES).address;
    const response = this.#arena.take(RESPONSE.length);
    response.bytes.set(RESPONSE);
    this.#response = response.address;
  }

  /**
   * Accepts pending connections and responds to requests: every other client sees the close only after the next call.
   */
  serve(): void {
    for (const fd of this.#answered) this.#libc.close(fd);
    this.#answered.length = 0;
    for (let fd = this.#accept(); fd >= 0; fd = this.#accept()) this.#silent.push(fd);
    let kept = 0;
    for (const fd of this.#silent) {
      if (!this.#answer(fd)) this.#silent[kept++] = fd;
    }
    this.#silent.length = kept;
  }

  close(): void {
    for (const fd of [...this.#silent, ...this.#answered]) this.#libc.close(fd);
    this.#libc.close(this.#listener);
    this.#arena.release();
  }

  #accept(): number {
    return this.#libc.accept4(this.#listener, 0, 0, SOCK_NONBLOCK | SOCK_CLOEXEC);
  }

  /** @returns false if nothing has arrived yet */
  #answer(fd: number): boolean {
    const libc = this.#libc;
    const count = libc.recv(fd, this.#request, REQUEST_BYTES, 0);
    if (count < 0 && libc.errno() === EAGAIN) return false;
    if (count > 0) libc.send(fd, this.#response, RESPONSE.length, MSG_NOSIGNAL);
    if (count > 0 && fd % 2 === 0) this.#answered.push(fd);
    else libc.close(fd);
    return true;
  }
}
