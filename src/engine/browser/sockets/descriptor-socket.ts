import { constants } from 'node:os';
import { EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../../net/constants.ts';
import {
  createBoundSocket,
  createTcpInfo,
  dropIcmpErrors,
  keepIcmpErrors,
  type Libc,
  type Region,
  readTcpInfo,
  sendAtOnce,
  startConnecting,
  TCP_ESTABLISHED,
  TCP_SYN_SENT,
  takeSocketError,
} from '../../../net/index.ts';
import type { ConnectionEvents } from '../../portable/connection.ts';
import { noteRefusal } from '../../portable/refusal.ts';
import type { Route } from '../../portable/socket.ts';
import { readFacts, readResent } from '../../portable/tcp-facts.ts';
import type { AttemptRecord, Endpoint } from '../../types.ts';
import type { BrowserSocket } from './types.ts';

const { errno: ERRNO } = constants;
const DOWN = EPOLLHUP | EPOLLERR;
const READABLE = EPOLLIN | EPOLLRDHUP | DOWN;
const NONE = -1;

/** Reads in a row from one socket, half a megabyte: others wait meanwhile. */
const MOST_READS = 8;

/** What sockets share. */
export interface DescriptorParts {
  readonly libc: Libc;
  /** Everything that arrives is read into it, and used at once. */
  readonly received: Region;
  /** Takes a slot for a socket, until `forget`. */
  take(socket: DescriptorSocket): number;
  /** Reports events of a connecting socket. @returns 0 or an errno */
  watch(slot: number, fd: number): number;
  /** Reports when it can be written to. */
  watchOn(slot: number): void;
  /** Call just before the descriptor is closed. */
  forget(slot: number): void;
  /** Calls back from the next wait. */
  soon(run: () => void): void;
}

const tcpInfo = createTcpInfo();

/** A connection by system calls alone. */
export class DescriptorSocket implements BrowserSocket {
  readonly #events: ConnectionEvents;
  readonly #parts: DescriptorParts;
  #fd = NONE;
  #slot = NONE;
  #family: 4 | 6 = 4;
  #isConnecting = true;
  #sentBytes = 0;
  /** What the kernel had no room for yet. */
  #unsent: Uint8Array | undefined;
  /** Why something could not be sent; what has arrived before is read first. */
  #lostErrno = 0;
  /** It goes on reading in the next turn, whatever is reported until then. */
  #isToGoOn = false;
  /** The far end's FIN had arrived before what was reported last was read, and nothing else that ends a connection. */
  #isFinished = false;
  /** The connection had ended by then in any other way. */
  #isDown = false;

  constructor(events: ConnectionEvents, parts: DescriptorParts) {
    this.#events = events;
    this.#parts = parts;
  }

  open({ endpoint, source, sourcePort, options }: Route): number | undefined {
    const { family } = endpoint;
    this.#family = family;
    const spec = { family, sourcePort, options, ...(source === undefined ? {} : { source }) };
    const fd = createBoundSocket(spec);
    if (fd < 0) return -fd;
    this.#fd = fd;
    keepIcmpErrors(fd, family, true);
    this.#slot = this.#parts.take(this);
    this.#events.calling();
    // Watched only from there on: poll reports a socket that was never connected as hung up.
    const errno = startConnecting(fd, endpoint) || this.#parts.watch(this.#slot, fd);
    if (errno !== 0) this.#parts.soon(() => this.#fail(errno));
    return undefined;
  }

  /** Handles events of poll(2). */
  meet(events: number): void {
    if (this.#isConnecting && !this.#conclude(events)) return;
    if ((events & EPOLLOUT) !== 0 && this.#unsent !== undefined) this.#sendRest();
    if ((events & READABLE) === 0 || !this.isOpen) return;
    this.#isDown ||= (events & DOWN) !== 0;
    this.#isFinished = (events & EPOLLRDHUP) !== 0 && !this.#isDown;
    this.#receive();
  }

  send(bytes: Uint8Array): void {
    if (!this.isOpen) return;
    if (this.#unsent !== undefined) this.#unsent = Buffer.concat([this.#unsent, bytes]);
    else if (this.#lostErrno === 0) this.#sendNow(bytes);
  }

  noteRefusal(record: AttemptRecord, endpoint: Endpoint, errno: number): void {
    if (this.isOpen) noteRefusal(record, this.#fd, endpoint, errno);
  }

  readFacts(record: AttemptRecord): void {
    readFacts(record, this.#fd, this.#family, undefined);
  }

  readResent(record: AttemptRecord, nowUs: number): void {
    if (record.requestRetransmits < 0) readResent(record, this.#fd, this.#sentBytes, nowUs);
  }

  get isConnected(): boolean {
    return this.isOpen && this.#readState() === TCP_ESTABLISHED;
  }

  get isOpen(): boolean {
    return this.#fd !== NONE;
  }

  close(): void {
    if (!this.isOpen) return;
    this.#parts.forget(this.#slot);
    this.#parts.libc.close(this.#fd);
    this.#fd = NONE;
    this.#unsent = undefined;
  }

  /** @returns whether the connection is established, and still open */
  #conclude(events: number): boolean {
    if ((events & DOWN) !== 0) {
      const errno = takeSocketError(this.#fd);
      if (errno !== 0) {
        this.#events.refused(errno);
        return false;
      }
      // No error left: it was an ICMP error that has already been read. The SYN continues to be retransmitted.
      if ((events & EPOLLOUT) === 0 && this.#readState() === TCP_SYN_SENT) {
        dropIcmpErrors(this.#fd);
        this.#parts.watchOn(this.#slot);
        return false;
      }
    }
    this.#isConnecting = false;
    this.#events.connected();
    return this.isOpen;
  }

  #sendNow(bytes: Uint8Array): void {
    let sent = 0;
    // A call takes no more than its buffer holds.
    while (sent < bytes.length) {
      const count = sendAtOnce(this.#fd, sent === 0 ? bytes : bytes.subarray(sent));
      if (count < 0) {
        if (count === -ERRNO.EAGAIN) this.#waitForRoom(bytes.subarray(sent));
        else this.#lose(-count);
        break;
      }
      sent += count;
    }
    this.#sentBytes += sent;
  }

  #sendRest(): void {
    const rest = this.#unsent!;
    this.#unsent = undefined;
    this.#sendNow(rest);
  }

  /** @param rest may change once this returns */
  #waitForRoom(rest: Uint8Array): void {
    this.#unsent = Uint8Array.from(rest);
    this.#parts.watchOn(this.#slot);
  }

  /** A response may have come before the reason why nothing can be sent. */
  #lose(errno: number): void {
    this.#lostErrno = errno;
    this.#isDown = true;
    this.#isFinished = false;
    this.#goOn();
  }

  /** Reads on in the next turn. */
  #goOn(): void {
    if (this.#isToGoOn) return;
    this.#isToGoOn = true;
    this.#parts.soon(() => {
      this.#isToGoOn = false;
      this.#receive();
    });
  }

  /**
   * Reads until nothing is left: the reactor reports a change only once. A read that did not fill the buffer has taken
   * everything available (epoll(7)), but a reset that arrived behind the bytes is reported only by a further call.
   */
  #receive(): void {
    if (this.#isToGoOn) return;
    const { libc, received } = this.#parts;
    for (let reads = 0; this.isOpen; reads += 1) {
      if (reads === MOST_READS) {
        this.#goOn();
        return;
      }
      const count = libc.recv(this.#fd, received.address, received.bytes.length, 0);
      if (count > 0) {
        this.#events.received(received.bytes, count);
        if (count === received.bytes.length || this.#isDown) continue;
        if (this.#isFinished && this.isOpen) this.#events.ended();
        return;
      }
      const errno = count === 0 ? 0 : libc.errno();
      if (this.#lostErrno !== 0) this.#fail(this.#lostErrno);
      else if (count === 0) this.#events.ended();
      else if (errno !== ERRNO.EAGAIN) this.#fail(errno);
      return;
    }
  }

  #fail(errno: number): void {
    if (this.isOpen) this.#events.failed(errno, undefined, false);
  }

  #readState(): number {
    readTcpInfo(this.#fd, tcpInfo);
    return tcpInfo.state;
  }
}
