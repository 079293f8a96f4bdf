import { constants } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import { Arena, type Region } from '../arena.ts';
import {
  MAP_SHARED,
  MSG_DONTWAIT,
  PACKET_COPY_THRESH,
  PACKET_RX_RING,
  PACKET_STATISTICS,
  PACKET_VERSION,
  PROT_READ,
  PROT_WRITE,
  SOL_PACKET,
  TP_STATUS_COPY,
  TP_STATUS_CSUM_VALID,
  TP_STATUS_CSUMNOTREADY,
  TP_STATUS_KERNEL,
  TP_STATUS_USER,
  TPACKET_V2,
} from '../constants.ts';
import type { Libc } from '../load.ts';
import { setNumber } from './open.ts';

/**
 * struct tpacket2_hdr (uapi/linux/if_packet.h), in 32-bit words: status, length on the wire, length captured, offsets
 * of the link and network headers (16 bits each), seconds, nanoseconds, VLAN.
 */
const STATUS = 0;
const WIRE_LENGTH = 1;
const CAPTURED = 2;
const OFFSETS = 3;
const SECONDS = 4;
const NANOSECONDS = 5;
/** struct sockaddr_ll (packet(7)) follows, at the next multiple of 16: protocol, interface, hardware and kind of packet. */
const FROM_INTERFACE = 9;
const FROM_HARDWARE = 10;

/** Nobody has to look at the checksum: the kernel or the device has, or there is none yet. */
const IS_CHECKED = TP_STATUS_CSUM_VALID | TP_STATUS_CSUMNOTREADY;

/**
 * These machines keep loads in order, and stores: what another core wrote before the status is seen after it. V8 calls a
 * function for each atomic access.
 */
const IS_ORDERED = process.arch === 'x64' || process.arch === 'ia32';

/** Each block is one piece of memory: small enough to be found on any machine. */
const BLOCK_BYTES = 65_536;

/**
 * Packets that do not fit into a frame are received separately; a packet is never longer (with GRO and TSO the kernel
 * joins segments).
 */
const COPY_BYTES = 65_536 + 256;

/** A packet that was received: valid until the ring advances. */
export interface ReceivedPacket {
  /** Memory that holds it, from the link header on. */
  bytes: Uint8Array;
  from: number;
  to: number;
  /** When the kernel received it from the device, seconds and nanoseconds of CLOCK_REALTIME. */
  seconds: number;
  nanoseconds: number;
  /** Its transport checksum is known to be correct, or was not needed. */
  isChecked: boolean;
}

/** Where a packet was seen, for a socket that is bound to no interface. */
export interface PacketOrigin {
  interfaceIndex: number;
  /** ARPHRD_ETHER (1) and others of uapi/linux/if_arp.h. */
  hardware: number;
  /** PACKET_HOST (0) to PACKET_OUTGOING (4) of uapi/linux/if_packet.h. */
  kind: number;
  /** Bytes of the link header. */
  linkBytes: number;
  /** Bytes from the network header on: captured, and on the wire. */
  capturedBytes: number;
  wireBytes: number;
}

/** Before the network header, with which memory is aligned: room for the link headers of Ethernet. */
export const LINK_ROOM_BYTES = 16;

/**
 * Receives from a packet socket through memory shared with the kernel (packet_mmap, TPACKET_V2): one frame per packet,
 * in turn. V3 would deliver blocks, up to half a millisecond later.
 */
export class PacketRing {
  readonly fd: number;
  readonly packet: ReceivedPacket;
  readonly #libc: Libc;
  readonly #at: number;
  readonly #bytes: Uint8Array;
  readonly #words: Int32Array;
  readonly #frameWords: number;
  readonly #framesOfBlock: number;
  /** Words at the end of a block that hold no frame. */
  readonly #slackWords: number;
  readonly #arena: Arena;
  readonly #copy: Region;
  readonly #statistics: Region;
  readonly #length: Region;
  /** Where the next frame begins, in words, and its place within its block. */
  #next = 0;
  #place = 0;

  /**
   * @param frameBytes a multiple of 16, 128-65536: 66 bytes of it are the kernel's
   * @param frames how many packets can wait, at least
   * @throws EnvironmentError if the kernel refuses the memory
   */
  constructor(libc: Libc, fd: number, frameBytes: number, frames: number) {
    this.#libc = libc;
    this.fd = fd;
    this.#frameWords = frameBytes / 4;
    this.#framesOfBlock = Math.floor(BLOCK_BYTES / frameBytes);
    this.#slackWords = BLOCK_BYTES / 4 - this.#framesOfBlock * this.#frameWords;
    this.#arena = new Arena(libc, COPY_BYTES + 256);
    setNumber(libc, fd, this.#arena, SOL_PACKET, PACKET_VERSION, TPACKET_V2);
    setNumber(libc, fd, this.#arena, SOL_PACKET, PACKET_COPY_THRESH, 1);
    const blocks = Math.ceil(frames / this.#framesOfBlock);
    const request = this.#arena.take(16);
    request.words.set([BLOCK_BYTES, blocks, frameBytes, blocks * this.#framesOfBlock]);
    const size = blocks * BLOCK_BYTES;
    if (libc.setsockopt(fd, SOL_PACKET, PACKET_RX_RING, request.address, 16) !== 0)
      throw this.#refusal(libc.errno());
    this.#at = libc.mmap(0, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (this.#at === -1) throw this.#refusal(libc.errno());
    const buffer = libc.viewMemory(this.#at, size);
    this.#bytes = new Uint8Array(buffer);
    this.#words = new Int32Array(buffer);
    this.#copy = this.#arena.take(COPY_BYTES);
    this.#statistics = this.#arena.take(8);
    this.#length = this.#arena.take(4);
    this.packet = { bytes: this.#bytes, from: 0, to: 0, seconds: 0, nanoseconds: 0, isChecked: false };
  }

  /** Takes the next packet into {@link packet}; false if there is none. Call {@link advance} once it has been handled. */
  receive(): boolean {
    const words = this.#words;
    const word = this.#next;
    const status = IS_ORDERED ? words[word + STATUS]! : Atomics.load(words, word + STATUS);
    if ((status & TP_STATUS_USER) === 0) return false;
    const { packet } = this;
    packet.seconds = words[word + SECONDS]!;
    packet.nanoseconds = words[word + NANOSECONDS]!;
    packet.isChecked = (status & IS_CHECKED) !== 0;
    if ((status & TP_STATUS_COPY) !== 0 && this.#receiveWhole()) return true;
    packet.bytes = this.#bytes;
    packet.from = (word << 2) + (words[word + OFFSETS]! & 0xffff);
    packet.to = packet.from + Math.min(words[word + CAPTURED]!, words[word + WIRE_LENGTH]!);
    return true;
  }

  /** Of the packet that was received last. */
  readOrigin(origin: PacketOrigin): void {
    const words = this.#words;
    const word = this.#next;
    const offsets = words[word + OFFSETS]!;
    const link = (offsets >>> 16) - (offsets & 0xffff);
    const linkBytes = link > 0 ? link : 0;
    origin.interfaceIndex = words[word + FROM_INTERFACE]!;
    origin.hardware = words[word + FROM_HARDWARE]! & 0xffff;
    origin.kind = (words[word + FROM_HARDWARE]! >>> 16) & 0xff;
    origin.linkBytes = linkBytes;
    origin.capturedBytes = Math.max(0, words[word + CAPTURED]! - linkBytes);
    origin.wireBytes = Math.max(0, words[word + WIRE_LENGTH]! - linkBytes);
  }

  /**
   * Copies the packet that was received last from {@link LINK_ROOM_BYTES} before its network header on, by words. Not of one that
   * did not fit into its frame.
   */
  copyNetwork(into: Int32Array, at: number, count: number): void {
    const words = this.#words;
    const frame = this.#next;
    const from = frame + (((words[frame + OFFSETS]! >>> 16) - LINK_ROOM_BYTES) >> 2);
    for (let index = 0; index < count; index += 1) into[at + index] = words[from + index]!;
  }

  /** Gives the frame back to the kernel. */
  advance(): void {
    if (IS_ORDERED) this.#words[this.#next + STATUS] = TP_STATUS_KERNEL;
    else Atomics.store(this.#words, this.#next + STATUS, TP_STATUS_KERNEL);
    this.#next += this.#frameWords;
    this.#place += 1;
    if (this.#place < this.#framesOfBlock) return;
    this.#place = 0;
    this.#next += this.#slackWords;
    if (this.#next === this.#words.length) this.#next = 0;
  }

  /** How many packets were lost since the last call because the ring was full: reading resets the count. */
  takeDropped(): number {
    const { address, words } = this.#statistics;
    this.#length.words[0] = 8;
    const read = this.#libc.getsockopt(this.fd, SOL_PACKET, PACKET_STATISTICS, address, this.#length.address);
    return read === 0 ? words[1]! >>> 0 : 0;
  }

  /** Unmaps the memory and closes the socket. The packet must not be touched afterwards. */
  close(): void {
    this.#libc.munmap(this.#at, this.#bytes.length);
    this.#libc.close(this.fd);
    this.#arena.release();
  }

  /** Copies wait in the socket in the order of their frames. */
  #receiveWhole(): boolean {
    const { address, bytes } = this.#copy;
    const length = this.#libc.recv(this.fd, address, COPY_BYTES, MSG_DONTWAIT);
    if (length <= 0) return false;
    this.packet.bytes = bytes;
    this.packet.from = 0;
    this.packet.to = length;
    return true;
  }

  #refusal(errno: number): EnvironmentError {
    this.#libc.close(this.fd);
    this.#arena.release();
    if (errno === constants.errno.ENOPROTOOPT)
      return new EnvironmentError('This system has no ring for packets (ENOPROTOOPT).', {
        hint: 'An emulator such as qemu-user does not pass it on: run it on a kernel of its own, or use --engine raw.',
      });
    return new EnvironmentError(`The kernel refused memory for packets (errno ${errno}).`, {
      hint: 'Free memory, or use --engine raw.',
    });
  }
}
