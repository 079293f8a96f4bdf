import { readU32 } from '../../net/wire/big-endian.ts';
import type { Packet } from '../../net/wire/packet.ts';

/** Words of a key: two addresses of up to 4 words, both ports, family. */
export const KEY_WORDS = 10;
const HIGHER_ADDRESS = 4;
const PORTS = 8;
const FAMILY = 9;

/** Golden ratio of 32 bits (Knuth, The Art of Computer Programming 3, 6.4). */
const MULTIPLIER = 0x9e37_79b1;

/** Addresses and ports of a connection, the same in both directions: the lower end comes first. */
export class TupleKey {
  readonly words: Int32Array = new Int32Array(KEY_WORDS);
  readonly #seed: number;
  /** Whether the packet came from the lower end. */
  isFromLower = false;
  /** 32 bits. */
  hash = 0;
  /** Another 32, independent enough to distinguish two keys with the same hash. */
  check = 0;

  /** @param seed any 32 bits unknown to the sender of the packets, who could otherwise force all connections into one chain */
  constructor(seed: number) {
    this.#seed = seed | 0;
  }

  /** @param bytes the bytes the packet was decoded from; it has ports */
  set(bytes: Uint8Array, packet: Readonly<Packet>): void {
    const { version, sourceAt, destinationAt, sourcePort, destinationPort } = packet;
    const count = version === 4 ? 1 : 4;
    let order = 0;
    for (let word = 0; word < count && order === 0; word += 1)
      order = readU32(bytes, sourceAt + word * 4) - readU32(bytes, destinationAt + word * 4);
    if (order === 0) order = sourcePort - destinationPort;
    const isFromLower = order < 0;
    this.isFromLower = isFromLower;
    const { words } = this;
    const lowerAt = isFromLower ? sourceAt : destinationAt;
    const higherAt = isFromLower ? destinationAt : sourceAt;
    for (let word = 0; word < 4; word += 1) {
      const isThere = word < count;
      words[word] = isThere ? readU32(bytes, lowerAt + word * 4) : 0;
      words[HIGHER_ADDRESS + word] = isThere ? readU32(bytes, higherAt + word * 4) : 0;
    }
    words[PORTS] = isFromLower ? (sourcePort << 16) | destinationPort : (destinationPort << 16) | sourcePort;
    words[FAMILY] = version;
    this.#mix(count);
  }

  #mix(count: number): void {
    const { words } = this;
    let hash = this.#seed;
    let check = ~this.#seed;
    for (let word = 0; word < KEY_WORDS; word += 1) {
      if (word === count) word = HIGHER_ADDRESS;
      if (word === HIGHER_ADDRESS + count) word = PORTS;
      hash = Math.imul(hash ^ words[word]!, MULTIPLIER);
      hash ^= hash >>> 15;
      check = Math.imul(check + words[word]!, 0x85eb_ca6b);
      check ^= check >>> 13;
    }
    this.hash = hash ^ (hash >>> 16);
    this.check = check;
  }
}
