import { LINK_ROOM_BYTES, type PacketOrigin, type PacketRing } from '../../net/packet-socket/ring.ts';
import { readU32 } from '../../net/wire/big-endian.ts';
import { ACK, FIN, RST, SYN } from '../../net/wire/packet.ts';
import { findEndpoint, holdsAddress, type WatchedEndpoint } from './endpoints.ts';
import {
  bytesOfPool,
  chainOfPorts,
  createPooledPacket,
  KEPT_BYTES,
  type MemoryPiece,
  NONE,
  PacketPool,
  type PooledPacket,
} from './packet-pool.ts';
import { createTuple, readTuple, type Tuple } from './read-tuple.ts';
import { isOpposite, isSameAt, isSamePair } from './same-pair.ts';

/** A SYN answered within this time is no longer of interest: half of the shortest time to a retransmission. */
const PROMPT_US = 500_000;

/** The same packet on two interfaces (a bridge and its port, a VLAN and its device) arrives within this time. */
const COPY_US = 20_000;

/** More packets of a chain are not searched for an earlier one: chains contain packets of other addresses, too. */
const MOST_SEARCHED = 8;

/** The connection whose packets are requested. */
export interface Sought {
  readonly endpoint: Pick<WatchedEndpoint, 'address' | 'port'>;
  readonly localPort: number;
  /** 4 or 16 bytes; undefined: the system chose it. */
  readonly localAddress: Uint8Array | undefined;
  /** By the clock of the threads, microseconds since 1970. */
  readonly fromUs: number;
}

/** The part of a ring that the memory uses. */
export type PacketSource = Pick<PacketRing, 'readOrigin' | 'copyNetwork' | 'packet'>;

export interface MemoryOptions {
  readonly endpoints: readonly WatchedEndpoint[];
  /** How long an attempt may last until it is judged: older packets are not requested any more. */
  readonly horizonUs: number;
  /** Slots for the latest packets, and for those of handshakes that were not answered soon: powers of two. */
  readonly recent?: number;
  readonly unanswered?: number;
  /** Number of the first packet, 32 bits; for tests of what happens days later. */
  readonly firstNumber?: number;
  /** Zeroed memory; default: of V8, which touches all of it. */
  readonly allocate?: (bytes: number) => MemoryPiece;
}

/** 8 MiB of packets each, and 2 MiB to find them again. */
const DEFAULT_SLOTS = 65_536;

/** What a memory of the default size allocates in all. */
export const MEMORY_BYTES: number = 2 * bytesOfPool(DEFAULT_SLOTS);

/**
 * The packets of the last handshakes, in memory of fixed size. When the area of the latest packets is full, those of
 * handshakes that were answered at once are dropped, and the others move to their own area: at a high rate, a stall's packets
 * are requested long after its first SYN.
 */
export class PacketMemory {
  readonly #endpoints: readonly WatchedEndpoint[];
  readonly #horizonUs: number;
  readonly #recent: PacketPool;
  readonly #unanswered: PacketPool;
  readonly #origin: PacketOrigin = {
    ...{ interfaceIndex: 0, hardware: 0, kind: 0, linkBytes: 0, capturedBytes: 0, wireBytes: 0 },
  };
  readonly #tuple = createTuple();
  readonly #other = createTuple();
  readonly #packet = createPooledPacket();
  readonly #later = createPooledPacket();
  /** Steady time of the last packet that was dropped although it might still be requested. */
  #forgottenUs = Number.NEGATIVE_INFINITY;
  /** The same for the last packet that left the area of the latest ones. */
  #evictedUs = Number.NEGATIVE_INFINITY;

  constructor(options: MemoryOptions) {
    this.#endpoints = options.endpoints;
    this.#horizonUs = options.horizonUs;
    const { firstNumber, allocate } = options;
    const createPool = (slots: number): PacketPool =>
      new PacketPool(slots, firstNumber, allocate?.(bytesOfPool(slots)));
    this.#recent = createPool(options.recent ?? DEFAULT_SLOTS);
    this.#unanswered = createPool(options.unanswered ?? DEFAULT_SLOTS);
  }

  /** Whether packets from this time on may have been dropped. */
  hasForgotten(fromUs: number): boolean {
    return this.#forgottenUs >= fromUs;
  }

  /** Whether packets of handshakes that were answered at once are still held from this time on. */
  hasAllSince(fromUs: number): boolean {
    return this.#evictedUs < fromUs;
  }

  /**
   * Takes the packet that a ring has just received.
   * @param steadyLeadUs how far the clock of the threads is ahead of the system's
   */
  take(ring: PacketSource, steadyLeadUs: number): void {
    const origin = this.#origin;
    ring.readOrigin(origin);
    if (this.#recent.isFull) this.#evict();
    const captured = Math.min(origin.capturedBytes, KEPT_BYTES);
    const place = this.#recent.claim();
    ring.copyNetwork(this.#recent.words, place, (LINK_ROOM_BYTES + captured + 3) >> 2);
    const { seconds, nanoseconds } = ring.packet;
    const wallUs = seconds * 1_000_000 + nanoseconds / 1_000;
    this.#add(place, captured, wallUs, wallUs + steadyLeadUs);
  }

  /**
   * Each packet to or from the endpoint with this local port, in order; the same object is filled for each.
   * @param take `tuple` as filled by readTuple()
   */
  find(sought: Sought, take: (packet: Readonly<PooledPacket>, tuple: Readonly<Tuple>) => void): void {
    this.#findIn(this.#unanswered, sought, take);
    this.#findIn(this.#recent, sought, take);
  }

  #findIn(
    pool: PacketPool,
    sought: Sought,
    take: (packet: Readonly<PooledPacket>, tuple: Readonly<Tuple>) => void,
  ): void {
    const numbers: number[] = [];
    const packet = this.#packet;
    let number = pool.lastOf(chainOfPorts(sought.endpoint.port, sought.localPort));
    while (!Number.isNaN(number)) {
      pool.read(number, packet);
      // Timestamps of different processors may be slightly out of order.
      if (packet.steadyUs < sought.fromUs - PROMPT_US) break;
      if (packet.steadyUs >= sought.fromUs && this.#isSought(packet, sought)) numbers.push(number);
      number = pool.before(number);
    }
    for (const each of numbers.reverse()) {
      pool.read(each, packet);
      readTuple(this.#tuple, packet.bytes, packet.at, packet.end);
      take(packet, this.#tuple);
    }
  }

  #isSought({ bytes, at, end }: PooledPacket, { endpoint, localPort, localAddress }: Sought): boolean {
    const tuple = this.#tuple;
    if (!readTuple(tuple, bytes, at, end) || tuple.addressBytes !== endpoint.address.length) return false;
    const { sourceAt, destinationAt, sourcePort, destinationPort } = tuple;
    const isIts = (remoteAt: number, remotePort: number, localAt: number, port: number): boolean =>
      remotePort === endpoint.port &&
      port === localPort &&
      holdsAddress(bytes, remoteAt, endpoint.address) &&
      (localAddress === undefined || holdsAddress(bytes, localAt, localAddress));
    return (
      isIts(destinationAt, destinationPort, sourceAt, sourcePort) ||
      isIts(sourceAt, sourcePort, destinationAt, destinationPort)
    );
  }

  #add(place: number, captured: number, wallUs: number, steadyUs: number): void {
    const bytes = this.#recent.bytes;
    const at = place * 4 + LINK_ROOM_BYTES;
    const tuple = this.#tuple;
    if (!readTuple(tuple, bytes, at, at + captured)) return;
    const chain = chainOfPorts(tuple.sourcePort, tuple.destinationPort);
    if (this.#isCopy(chain, at, captured, steadyUs)) return;
    const isSyn = tuple.flags >= 0 && (tuple.flags & (SYN | ACK)) === SYN;
    const isSettled = !isSyn && this.#settles(bytes, chain, steadyUs);
    // An acknowledgement within a connection is not the answer to a SYN.
    if (isSettled && (tuple.flags & (SYN | FIN | RST | ACK)) === ACK) return;
    this.#recent.add(this.#origin, chain, wallUs, steadyUs, isSettled);
    if (tuple.flags < 0 || (tuple.flags & (SYN | ACK)) !== (SYN | ACK)) return;
    findEndpoint(this.#endpoints, bytes, tuple.sourceAt, tuple.sourcePort)?.noteSynAck(tuple.ttl, tuple.ipId);
  }

  /** Whether the packet at hand was seen before, on another interface. */
  #isCopy(chain: number, at: number, captured: number, steadyUs: number): boolean {
    const pool = this.#recent;
    const { interfaceIndex, wireBytes } = this.#origin;
    const other = this.#later;
    let number = pool.lastOf(chain);
    for (let left = MOST_SEARCHED; left > 0 && !Number.isNaN(number); left -= 1) {
      if (Math.abs(steadyUs - pool.steadyUsOf(number)) > COPY_US) return false;
      if (pool.interfaceOf(number) !== interfaceIndex) {
        pool.read(number, other);
        // A longer link header leaves room for less of the packet.
        const length = Math.min(captured, other.end - other.at);
        if (other.wireBytes === wireBytes && isSameAt(pool.bytes, at, other.bytes, other.at, length))
          return true;
      }
      number = pool.before(number);
    }
    return false;
  }

  /**
   * Whether the packet at hand shows that its handshake was answered soon, or belongs to one that was. While it arrives, the packets
   * before it are in the processor's cache: later, reading them takes longer than everything else.
   */
  #settles(bytes: Uint8Array, chain: number, steadyUs: number): boolean {
    const pool = this.#recent;
    if (this.#tuple.flags < 0) return false;
    const previous = this.#lastOfPair(pool.lastOf(chain));
    if (Number.isNaN(previous)) return false;
    if (pool.isSettled(previous)) return true;
    if ((this.#tuple.flags & (SYN | ACK)) !== (SYN | ACK)) return false;
    if ((this.#other.flags & (SYN | ACK)) !== SYN || this.#other.flags < 0) return false;
    if (steadyUs - this.#later.steadyUs > PROMPT_US || !isOpposite(bytes, this.#tuple, this.#other))
      return false;
    const isIts =
      readU32(bytes, this.#tuple.transportAt + 8) === (readU32(bytes, this.#other.transportAt + 4) + 1) >>> 0;
    if (!isIts || this.#isRetransmission(previous, chain)) return false;
    pool.settle(previous);
    return true;
  }

  /** Of a SYN: the one before it was not answered soon. */
  #isRetransmission(syn: number, chain: number): boolean {
    const { steadyUs } = this.#later;
    const before = this.#lastOfPair(this.#recent.before(syn));
    if (Number.isNaN(before)) return this.#belongsToUnanswered(chain, steadyUs);
    return !this.#recent.isSettled(before) && this.#later.steadyUs > steadyUs - this.#horizonUs;
  }

  /** From this packet of a chain backwards, the first with the addresses and ports of the packet at hand; read into `#later` and `#other`. */
  #lastOfPair(from: number): number {
    const pool = this.#recent;
    const later = this.#later;
    let number = from;
    for (let left = MOST_SEARCHED; left > 0 && !Number.isNaN(number); left -= 1) {
      pool.read(number, later);
      if (
        readTuple(this.#other, later.bytes, later.at, later.end) &&
        isSamePair(pool.bytes, this.#tuple, later.bytes, this.#other)
      )
        return number;
      number = pool.before(number);
    }
    return NONE;
  }

  /** Drops or moves the oldest of the latest packets. */
  #evict(): void {
    const number = this.#recent.first;
    this.#evictedUs = this.#recent.steadyUsOf(number);
    if (!this.#recent.isSettled(number)) {
      this.#recent.read(number, this.#packet);
      if (this.#mayBeAskedFor(number)) {
        if (this.#unanswered.isFull) this.#forget();
        this.#unanswered.copy(this.#recent, number);
      }
    }
    this.#recent.drop();
  }

  #forget(): void {
    this.#unanswered.read(this.#unanswered.first, this.#later);
    if (this.#later.steadyUs > this.#packet.steadyUs - this.#horizonUs)
      this.#forgottenUs = this.#later.steadyUs;
    this.#unanswered.drop();
  }

  #mayBeAskedFor(number: number): boolean {
    const { bytes, at, end, steadyUs } = this.#packet;
    const tuple = this.#tuple;
    if (!readTuple(tuple, bytes, at, end)) return false;
    const isSyn = tuple.flags >= 0 && (tuple.flags & (SYN | ACK)) === SYN;
    return isSyn || this.#belongsToUnanswered(this.#recent.chainOf(number), steadyUs);
  }

  /** Of the packet in `#tuple`, at this time. Packets leave in order: the SYN has moved already. */
  #belongsToUnanswered(chain: number, steadyUs: number): boolean {
    const pool = this.#unanswered;
    const later = this.#later;
    for (let number = pool.lastOf(chain); !Number.isNaN(number); number = pool.before(number)) {
      pool.read(number, later);
      if (later.steadyUs < steadyUs - this.#horizonUs) return false;
      if (!readTuple(this.#other, later.bytes, later.at, later.end)) continue;
      if (isSamePair(this.#recent.bytes, this.#tuple, later.bytes, this.#other)) return true;
    }
    return false;
  }
}
