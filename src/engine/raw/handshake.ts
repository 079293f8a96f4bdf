import { constants } from 'node:os';
import { EPOLLERR, EPOLLHUP, EPOLLOUT } from '../../net/constants.ts';
import {
  bindSource,
  createSocket,
  createTcpInfo,
  dropIcmpErrors,
  keepIcmpErrors,
  type Libc,
  readTcpInfo,
  TCP_SYN_SENT,
  takeSocketError,
} from '../../net/index.ts';
import type { Ticker } from '../../net/ticker.ts';
import type { Lack } from '../../outcome/classify.ts';
import { diagnoseLack } from '../lack.ts';
import { type Connections, HANDSHAKE_DEADLINE } from './connections.ts';
import { selectSource } from './prepared-arm.ts';
import type { Reactor } from './reactor.ts';

const { errno: ERRNO } = constants;

/** From the socket to the SYN-ACK, or whatever comes instead. */
export class Handshake {
  readonly #libc: Libc;
  readonly #clock: Ticker;
  readonly #connections: Connections;
  readonly #reactor: Reactor;
  readonly #tcpInfo = createTcpInfo();

  constructor(libc: Libc, clock: Ticker, connections: Connections, reactor: Reactor) {
    this.#libc = libc;
    this.#clock = clock;
    this.#connections = connections;
    this.#reactor = reactor;
  }

  /** Opens the socket and sends the SYN, or settles the attempt if this machine refuses. */
  begin(slot: number): void {
    const errno = this.#connect(slot);
    const connections = this.#connections;
    if (errno === 0) {
      connections.nowUs = connections.table.startedAtUs[slot]!;
      connections.setDeadline(slot, HANDSHAKE_DEADLINE);
    } else {
      this.#clock.tick();
      connections.nowUs = this.#clock.us[0]!;
      connections.lacks = this.#lackOf(slot, errno);
      connections.settle(slot, 'start', 'errno', errno);
    }
  }

  /**
   * Handles the first events of a connection: it is then established, settled, or still waiting.
   * @returns whether it is established
   */
  conclude(slot: number, events: number): boolean {
    const { table } = this.#connections;
    const fd = table.fd[slot]!;
    this.#clock.tick();
    this.#connections.nowUs = this.#clock.us[0]!;
    if ((events & (EPOLLERR | EPOLLHUP)) !== 0) {
      const errno = takeSocketError(fd);
      // A reset before establishment is ECONNREFUSED (tcp_reset() in net/ipv4/tcp_input.c): these two came after it.
      const wasEstablished = errno === ERRNO.ECONNRESET || errno === ERRNO.EPIPE;
      if (errno !== 0 && !wasEstablished) {
        this.#connections.settle(slot, 'handshake', 'errno', errno);
        return false;
      }
      // No error left: it was an ICMP error that has already been read. The SYN continues to be retransmitted.
      if (errno === 0 && (events & EPOLLOUT) === 0 && this.#awaitsSynAck(fd)) {
        dropIcmpErrors(fd);
        this.#connections.watchOn(slot);
        return false;
      }
      table.lostErrno[slot] = errno;
    }
    this.#connections.establish(slot);
    return true;
  }

  /** Like the kernel at its own timeout: a recorded ICMP error says more than the timeout does. */
  expire(slot: number): void {
    const errno = takeSocketError(this.#connections.table.fd[slot]!);
    this.#connections.settle(slot, 'handshake', errno === 0 ? 'timeout' : 'errno', errno);
  }

  /** @returns 0 or an errno */
  #connect(slot: number): number {
    const { table } = this.#connections;
    const prepared = this.#connections.preparedOf(slot);
    const to = prepared.endpoints[table.endpoint[slot]!]!;
    const port = table.sourcePort[slot]!;
    const from = selectSource(prepared, to.family, table.source[slot]!, port);
    let fd = createSocket(to.family, prepared.arm.socket);
    if (fd >= 0 && from !== undefined) fd = bindSource(fd, from.at.address, from.length, port);
    this.#clock.tick();
    table.startedAtUs[slot] = this.#clock.us[0]!;
    if (fd < 0) return -fd;
    table.fd[slot] = fd;
    keepIcmpErrors(fd, to.family, true);
    if (this.#libc.connect(fd, to.at.address, to.length) < 0) {
      const errno = this.#libc.errno();
      if (errno !== ERRNO.EINPROGRESS) return errno;
    }
    // Watched only from here on: poll reports a socket that was never connected as hung up.
    return this.#reactor.watch(fd, slot, table.generation[slot]!);
  }

  /** Without a descriptor: either the socket itself failed or bind() did. */
  #lackOf(slot: number, errno: number): Lack {
    const { table } = this.#connections;
    const { arm } = this.#connections.preparedOf(slot);
    return diagnoseLack(errno, table.fd[slot]! < 0, arm.endpoints[table.endpoint[slot]!]!);
  }

  #awaitsSynAck(fd: number): boolean {
    readTcpInfo(fd, this.#tcpInfo);
    return this.#tcpInfo.state === TCP_SYN_SENT;
  }
}
