import { LINK_ROOM_BYTES, type PacketOrigin } from '../../net/packet-socket/ring.ts';

/** A packet's place: room for a link header, then the network header and what follows, up to {@link KEPT_BYTES}. */
export const SLOT_BYTES = 128;
export const KEPT_BYTES = SLOT_BYTES - LINK_ROOM_BYTES;
const SLOT_WORDS = SLOT_BYTES / 4;

/** A packet as the pool holds it; the same object is filled for each packet. */
export interface PooledPacket {
  /** Its number: ascending, 32 bits, wrapping. */
  number: number;
  /** Memory in which its network header begins at `at`, its link header `linkBytes` before. */
  bytes: Uint8Array;
  at: number;
  /** End of the captured bytes. */
  end: number;
  linkBytes: number;
  /** From the network header on, on the wire. */
  wireBytes: number;
  interfaceIndex: number;
  /** By the system's clock, microseconds since 1970. */
  wallUs: number;
  /** By the clock of the threads, microseconds since 1970, unaffected by changes of the system's clock. */
  steadyUs: number;
}

export function createPooledPacket(): PooledPacket {
  return {
    ...{ number: 0, bytes: new Uint8Array(), at: 0, end: 0, linkBytes: 0, wireBytes: 0, interfaceIndex: 0 },
    ...{ wallUs: -0.5, steadyUs: -0.5 },
  };
}

/** Memory from there on, a multiple of 8. */
export interface MemoryPiece {
  readonly buffer: ArrayBuffer;
  readonly at: number;
}

/** In the word of a packet's sizes, the bit that says whether it {@link PacketPool.isSettled}. */
const SETTLED = 1 << 22;

/** Of a packet besides its bytes: two times, four words, and one for a chain. */
const FACTS_BYTES = 2 * 8 + 5 * 4;

/** What a pool of so many places needs. */
export function bytesOfPool(slots: number): number {
  return slots * (SLOT_BYTES + FACTS_BYTES);
}

function ownMemory(bytes: number): MemoryPiece {
  return { buffer: new ArrayBuffer(bytes), at: 0 };
}

/**
 * The last packets, as many as fit: a ring of equal places, found again by their pair of ports. A place costs 164 bytes.
 */
export class PacketPool {
  readonly slots: number;
  readonly #mask: number;
  readonly #words: Int32Array;
  readonly #bytes: Uint8Array;
  readonly #wallUs: Float64Array;
  readonly #steadyUs: Float64Array;
  /** From the lowest bit: on the wire from the network header on (17), bytes of the link header (5), {@link SETTLED}, captured (8). */
  readonly #sizes: Int32Array;
  readonly #interfaces: Int32Array;
  /** The packet before it in its chain. */
  readonly #before: Int32Array;
  readonly #chainOf: Int32Array;
  /** The last packet of each chain. */
  readonly #last: Int32Array;
  #first: number;
  #next: number;

  /**
   * @param slots a power of two
   * @param firstNumber of the first packet, 32 bits; by default the one before it is 0, which memory holds anyway
   * @param memory of {@link bytesOfPool} bytes, zeroed
   */
  constructor(slots: number, firstNumber = 1, memory: MemoryPiece = ownMemory(bytesOfPool(slots))) {
    this.slots = slots;
    this.#mask = slots - 1;
    this.#first = firstNumber;
    this.#next = firstNumber;
    const { buffer } = memory;
    let at = memory.at;
    const take = (bytes: number): number => {
      at += bytes;
      return at - bytes;
    };
    const numbers = (): Int32Array => new Int32Array(buffer, take(slots * 4), slots);
    this.#wallUs = new Float64Array(buffer, take(slots * 8), slots);
    this.#steadyUs = new Float64Array(buffer, take(slots * 8), slots);
    const packetsAt = take(slots * SLOT_BYTES);
    this.#words = new Int32Array(buffer, packetsAt, slots * SLOT_WORDS);
    this.#bytes = new Uint8Array(buffer, packetsAt, slots * SLOT_BYTES);
    this.#sizes = numbers();
    this.#interfaces = numbers();
    this.#before = numbers();
    this.#chainOf = numbers();
    this.#last = numbers();
    const before = (firstNumber - 1) | 0;
    if (before !== 0) this.#last.fill(before);
  }

  get size(): number {
    return (this.#next - this.#first) | 0;
  }

  get isFull(): boolean {
    return this.size === this.slots;
  }

  /** Number of the oldest packet. */
  get first(): number {
    return this.#first;
  }

  /** Drops the oldest packet. */
  drop(): void {
    this.#first = (this.#first + 1) | 0;
  }

  /**
   * Claims a slot for another packet; the pool must not be full.
   * @returns index of its first word in {@link words}
   */
  claim(): number {
    return (this.#next & this.#mask) * SLOT_WORDS;
  }

  get bytes(): Uint8Array {
    return this.#bytes;
  }

  get words(): Int32Array {
    return this.#words;
  }

  /**
   * Adds the packet whose bytes were written into the claimed slot.
   * @param chain see {@link chainOfPorts}
   * @param isSettled see {@link isSettled}
   */
  add(
    origin: Readonly<PacketOrigin>,
    chain: number,
    wallUs: number,
    steadyUs: number,
    isSettled = false,
  ): void {
    const number = this.#next;
    const slot = number & this.#mask;
    const captured = Math.min(origin.capturedBytes, KEPT_BYTES);
    const linkBytes = Math.min(origin.linkBytes, LINK_ROOM_BYTES);
    this.#wallUs[slot] = wallUs;
    this.#steadyUs[slot] = steadyUs;
    this.#sizes[slot] = (captured << 24) | (linkBytes << 17) | Math.min(origin.wireBytes, 0x1_ffff);
    if (isSettled) this.#sizes[slot]! |= SETTLED;
    this.#interfaces[slot] = origin.interfaceIndex;
    this.#link(number, slot, chain);
  }

  /** Adds a packet of another pool. */
  copy(from: PacketPool, number: number): void {
    const other = number & from.#mask;
    const slot = this.#next & this.#mask;
    const at = slot * SLOT_WORDS;
    for (let word = 0; word < SLOT_WORDS; word += 1)
      this.#words[at + word] = from.#words[other * SLOT_WORDS + word]!;
    this.#wallUs[slot] = from.#wallUs[other]!;
    this.#steadyUs[slot] = from.#steadyUs[other]!;
    this.#sizes[slot] = from.#sizes[other]!;
    this.#interfaces[slot] = from.#interfaces[other]!;
    this.#link(this.#next, slot, from.chainOf(number));
  }

  /** Whether it belongs to a handshake that was answered soon. */
  isSettled(number: number): boolean {
    return (this.#sizes[number & this.#mask]! & SETTLED) !== 0;
  }

  settle(number: number): void {
    this.#sizes[number & this.#mask]! |= SETTLED;
  }

  steadyUsOf(number: number): number {
    return this.#steadyUs[number & this.#mask]!;
  }

  interfaceOf(number: number): number {
    return this.#interfaces[number & this.#mask]!;
  }

  chainOf(number: number): number {
    return this.#chainOf[number & this.#mask]!;
  }

  /** The last packet of a chain, or {@link NONE}. Chains may contain packets of other ports, too. */
  lastOf(chain: number): number {
    return this.#valid(this.#last[chain & this.#mask]!);
  }

  /** The packet before another in its chain, or {@link NONE}. */
  before(number: number): number {
    return this.#valid(this.#before[number & this.#mask]!, number);
  }

  read(number: number, into: PooledPacket): void {
    const slot = number & this.#mask;
    const sizes = this.#sizes[slot]!;
    into.number = number;
    into.bytes = this.#bytes;
    into.at = slot * SLOT_BYTES + LINK_ROOM_BYTES;
    into.end = into.at + (sizes >>> 24);
    into.linkBytes = (sizes >>> 17) & 0x1f;
    into.wireBytes = sizes & 0x1_ffff;
    into.interfaceIndex = this.#interfaces[slot]!;
    into.wallUs = this.#wallUs[slot]!;
    into.steadyUs = this.#steadyUs[slot]!;
  }

  #link(number: number, slot: number, chain: number): void {
    const place = chain & this.#mask;
    this.#chainOf[slot] = chain;
    this.#before[slot] = this.#last[place]!;
    this.#last[place] = number;
    this.#next = (number + 1) | 0;
  }

  /** A number that is still in the pool, and older than another one. */
  #valid(number: number, than: number = this.#next): number {
    const age = (number - this.#first) | 0;
    return age >= 0 && ((than - number) | 0) > 0 ? number : NONE;
  }
}

/** The number of no packet; nothing equals it: test with Number.isNaN(). */
export const NONE = Number.NaN;

/** The chain of a pair of ports, whichever way a packet goes; mixed as Fibonacci hashing does. */
export function chainOfPorts(one: number, other: number): number {
  const pair = one < other ? (one << 16) | other : (other << 16) | one;
  const mixed = Math.imul(pair, 0x9e37_79b1);
  return mixed ^ (mixed >>> 15);
}
