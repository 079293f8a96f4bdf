import { constants } from 'node:os';
import { Arena, type Region } from '../arena.ts';
import {
  AF_PACKET,
  PACKET_IGNORE_OUTGOING,
  POLLIN,
  SO_RCVBUF,
  SOCK_CLOEXEC,
  SOCK_NONBLOCK,
  SOCK_RAW,
  SOL_PACKET,
  SOL_SOCKET,
} from '../constants.ts';
import { type Libc, loadLibc } from '../load.ts';
import { attachFilter } from '../packet-socket/open.ts';
import { POLLFD_BYTES } from '../poll.ts';
import { NetlinkError } from './netlink-socket.ts';

/** uapi/linux/if_packet.h */
const PACKET_ADD_MEMBERSHIP = 1;
/** struct packet_mreq: interface, type (16 bits), length of the address (16 bits), address. */
const PACKET_MREQ_BYTES = 16;
const PACKET_MR_ALLMULTI = 2;
/** struct sockaddr_ll: family, protocol (network order), interface; the rest is not needed to bind. */
const SOCKADDR_LL_BYTES = 20;

/** Room for a burst of answers; the kernel's limit (net.core.rmem_max) may reduce it. */
const RECEIVE_BUFFER_BYTES = 1 << 20;

/** Longer than any message that is read here. */
const FRAME_BYTES = 256;

/**
 * What to receive, include/uapi/linux/if_ether.h: ETH_P_ARP, or all protocols, of which the filter accepts IPv6: a
 * socket bound to one protocol comes after the ingress hook of nftables, where the guard drops what is meant for the
 * engine (__netif_receive_skb_core(), net/core/dev.c).
 */
const PROTOCOLS = { 4: 0x0806, 6: 0x0003 } as const;

/**
 * Accepts neighbour solicitations (135) and advertisements (136) without extension headers, and multicast listener queries
 * (130) behind the one that they have, as classic BPF: {code, jump if true, jump if false, operand}
 * (include/uapi/linux/filter.h). Offsets count from the Ethernet header.
 */
const NEIGHBOUR_DISCOVERY = [
  [0x28, 0, 0, 12], // ldh EtherType
  [0x15, 0, 11, 0x86dd], // jeq IPv6
  [0x30, 0, 0, 20], // ldb next header
  [0x15, 0, 3, 58], // jeq ICMPv6
  [0x30, 0, 0, 54], // ldb type
  [0x15, 6, 0, 135],
  [0x15, 5, 6, 136],
  [0x15, 0, 5, 0], // jeq hop-by-hop
  [0x28, 0, 0, 54], // ldh its next header and length
  [0x15, 0, 3, 0x3a00], // jeq ICMPv6, 8 bytes
  [0x30, 0, 0, 62], // ldb type
  [0x15, 0, 1, 130],
  [0x06, 0, 0, 0xffff], // ret whole packet
  [0x06, 0, 0, 0], // ret nothing
] as const;

/**
 * ARP (family 4), or neighbour discovery and listener queries (family 6), on one interface: frames with their Ethernet
 * headers. The kernel also receives incoming ones.
 */
export class LinkSocket {
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #into: Region;
  readonly #from: Region;
  readonly #pollfd: Region;
  readonly #fd: number;

  /**
   * @throws NetlinkError with EPERM without CAP_NET_RAW, ENODEV or ENETDOWN if the interface is gone or down
   * @throws EnvironmentError if the C library cannot be called
   */
  constructor(family: 4 | 6, interfaceIndex: number) {
    this.#libc = loadLibc();
    this.#arena = new Arena(this.#libc, 4_096);
    this.#into = this.#arena.take(FRAME_BYTES);
    this.#from = this.#arena.take(FRAME_BYTES);
    this.#pollfd = this.#arena.take(POLLFD_BYTES);
    // Protocol 0: nothing is received before the filter is set.
    this.#fd = this.#libc.socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (this.#fd < 0) this.#fail(this.#libc.errno());
    this.#setUp(family, interfaceIndex);
  }

  /** @param frame at most 256 bytes @returns 0 or an errno, ENOBUFS among them: the device is full at the moment */
  send(frame: Uint8Array): number {
    this.#from.bytes.set(frame);
    const sent = this.#libc.send(this.#fd, this.#from.address, frame.length, 0);
    return sent < 0 ? this.#libc.errno() : 0;
  }

  /**
   * The next frame, its first 256 bytes; the next call overwrites it.
   * @param waitMs blocks this thread for at most this long
   */
  receive(waitMs: number): Uint8Array | undefined {
    const length = this.#libc.recv(this.#fd, this.#into.address, FRAME_BYTES, 0);
    if (length >= 0) return this.#into.bytes.subarray(0, length);
    if (waitMs <= 0) return undefined;
    const { bytes, words, address } = this.#pollfd;
    words[0] = this.#fd;
    bytes[4] = POLLIN;
    const isReady = this.#libc.poll(address, 1, waitMs) === 1;
    return isReady ? this.receive(0) : undefined;
  }

  close(): void {
    this.#libc.close(this.#fd);
    this.#arena.release();
  }

  #setUp(family: 4 | 6, interfaceIndex: number): void {
    const words = this.#from.words;
    if (family === 6) {
      this.#attachFilter();
      // Solicitations are sent to a multicast group per address (RFC 4291 section 2.7.1), which the device would otherwise
      // filter out.
      words.set([interfaceIndex, PACKET_MR_ALLMULTI, 0, 0]);
      this.#check(this.#setOption(SOL_PACKET, PACKET_ADD_MEMBERSHIP, PACKET_MREQ_BYTES));
    }
    words[0] = RECEIVE_BUFFER_BYTES;
    this.#setOption(SOL_SOCKET, SO_RCVBUF, 4);
    words[0] = 1;
    this.#setOption(SOL_PACKET, PACKET_IGNORE_OUTGOING, 4);
    const { bytes } = this.#from;
    bytes.fill(0, 0, SOCKADDR_LL_BYTES);
    bytes[0] = AF_PACKET;
    bytes[2] = PROTOCOLS[family] >>> 8;
    bytes[3] = PROTOCOLS[family] & 0xff;
    words[1] = interfaceIndex;
    this.#check(this.#libc.bind(this.#fd, this.#from.address, SOCKADDR_LL_BYTES));
  }

  #attachFilter(): void {
    const program = new Uint8Array(NEIGHBOUR_DISCOVERY.length * 8);
    const view = new DataView(program.buffer);
    for (const [index, [code, ifTrue, ifFalse, operand]] of NEIGHBOUR_DISCOVERY.entries()) {
      view.setUint16(index * 8, code, true);
      view.setUint8(index * 8 + 2, ifTrue);
      view.setUint8(index * 8 + 3, ifFalse);
      view.setUint32(index * 8 + 4, operand, true);
    }
    const errno = attachFilter(this.#libc, this.#fd, program);
    if (errno === 0) return;
    this.#libc.close(this.#fd);
    this.#fail(errno);
  }

  #setOption(level: number, option: number, length: number): number {
    return this.#libc.setsockopt(this.#fd, level, option, this.#from.address, length);
  }

  #check(result: number): void {
    if (result >= 0) return;
    const errno = this.#libc.errno();
    this.#libc.close(this.#fd);
    this.#fail(errno);
  }

  #fail(errno: number): never {
    this.#arena.release();
    throw new NetlinkError(errno === 0 ? constants.errno.EIO : errno);
  }
}
