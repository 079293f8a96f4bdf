import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import { Arena, type Region } from '../arena.ts';
import { SOCK_CLOEXEC } from '../constants.ts';
import { type Libc, loadLibc } from '../load.ts';
import { POLLFD_BYTES } from '../poll.ts';
import {
  type NetlinkMessage,
  NLM_F_ACK,
  NLM_F_DUMP,
  readMessages,
  writeMessages,
} from './netlink-message.ts';

/** include/linux/socket.h, include/linux/net.h, include/uapi/linux/netlink.h */
const AF_NETLINK = 16;
const SOCK_RAW = 3;
export const NETLINK_ROUTE = 0;
export const NETLINK_NETFILTER = 12;

const NLMSG_ERROR = 2;
const NLMSG_DONE = 3;

/** poll(2) */
const POLLIN = 1;

/** The longest datagram of a dump (NLMSG_GOODSIZE, and up to 32 KiB if the reader asks with as much room). */
const RECEIVE_BYTES = 65_536;
const SEND_BYTES = 262_144;

/** The kernel answers within the call; if it does not, something is broken. */
const ANSWER_MS = 5_000;

/** The kernel refused a request. */
export class NetlinkError extends Error {
  /** Such as `EPERM`. */
  readonly code: string;

  /** @param errno positive */
  constructor(errno: number) {
    const code = nameOf(errno);
    super(`the kernel refused it (${code})`);
    this.name = 'NetlinkError';
    this.code = code;
  }
}

function nameOf(errno: number): string {
  try {
    return getSystemErrorName(-errno);
  } catch {
    return `errno ${errno}`;
  }
}

/** A connection to a part of the kernel. What it owns there is released with it, and it is closed with the process. */
export class NetlinkSocket {
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #into: Region;
  readonly #from: Region;
  readonly #pollfd: Region;
  readonly #fd: number;
  #sequence = 1;

  /**
   * @param protocol {@link NETLINK_ROUTE} or {@link NETLINK_NETFILTER}
   * @throws EnvironmentError if the C library cannot be called; NetlinkError if the kernel has no such part
   */
  constructor(protocol: number) {
    this.#libc = loadLibc();
    this.#fd = this.#libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);
    if (this.#fd < 0) throw new NetlinkError(this.#libc.errno());
    this.#arena = new Arena(this.#libc, RECEIVE_BYTES + SEND_BYTES + 64);
    this.#into = this.#arena.take(RECEIVE_BYTES);
    this.#from = this.#arena.take(SEND_BYTES);
    this.#pollfd = this.#arena.take(POLLFD_BYTES);
  }

  /**
   * Sends one request.
   * @returns bodies of the messages that answer
   * @throws NetlinkError if the kernel refuses
   */
  ask(type: number, flags: number, body: Uint8Array): Uint8Array[] {
    const isDump = (flags & NLM_F_DUMP) === NLM_F_DUMP;
    return this.send([{ type, flags: isDump ? flags : flags | NLM_F_ACK, body }]);
  }

  /**
   * Sends messages in one datagram, as a transaction requires, and waits for the answers to all that request one.
   * @throws NetlinkError with the first refusal
   */
  send(messages: readonly NetlinkMessage[]): Uint8Array[] {
    const first = this.#sequence;
    this.#sequence += messages.length;
    const bytes = writeMessages(messages, first);
    if (bytes.length > SEND_BYTES) throw new RangeError(`${bytes.length} bytes do not fit into a request`);
    this.#from.bytes.set(bytes);
    const sent = this.#libc.send(this.#fd, this.#from.address, bytes.length, 0);
    if (sent < 0) throw new NetlinkError(this.#libc.errno());
    const awaited = new Set(
      messages.flatMap(({ flags }, index) =>
        (flags & NLM_F_ACK) !== 0 || (flags & NLM_F_DUMP) === NLM_F_DUMP ? [first + index] : [],
      ),
    );
    return this.#receiveAll(awaited);
  }

  close(): void {
    this.#libc.close(this.#fd);
    this.#arena.release();
  }

  #receiveAll(awaited: Set<number>): Uint8Array[] {
    const answers: Uint8Array[] = [];
    while (awaited.size > 0) {
      for (const { type, sequence, body } of readMessages(this.#receive())) {
        if (type === NLMSG_DONE) awaited.delete(sequence);
        else if (type === NLMSG_ERROR) {
          const errno = -new DataView(body.buffer, body.byteOffset).getInt32(0, true);
          if (errno !== 0) throw new NetlinkError(errno);
          awaited.delete(sequence);
        } else answers.push(body);
      }
    }
    return answers;
  }

  #receive(): Uint8Array {
    const { bytes, words, address } = this.#pollfd;
    words[0] = this.#fd;
    bytes[4] = POLLIN;
    if (this.#libc.poll(address, 1, ANSWER_MS) !== 1) throw new NetlinkError(constants.errno.ETIMEDOUT);
    const length = this.#libc.recv(this.#fd, this.#into.address, RECEIVE_BYTES, 0);
    if (length < 0) throw new NetlinkError(this.#libc.errno());
    return this.#into.bytes.subarray(0, length);
  }
}
