import { parseAddress } from '../../net/addresses.ts';
import { readU32 } from '../../net/wire/big-endian.ts';

/** An address in packets: one word (IPv4) or four (IPv6), in network byte order as unsigned numbers. */
export type AddressWords = readonly number[];

/** @param bytes 4 or 16 */
export function toWords(bytes: Uint8Array): AddressWords {
  return Array.from({ length: bytes.length / 4 }, (_, index) => readU32(bytes, 4 * index));
}

/** Swaps the bytes of a word: packets are big-endian, every machine that koffi supports is little-endian. */
export function swap(word: number): number {
  return ((word & 0xff) << 24) | ((word & 0xff00) << 8) | ((word >>> 8) & 0xff00) | (word >>> 24);
}

/**
 * Addresses by number, found by their words. Consecutive IPv4 addresses, which prefixes give, are found by
 * subtraction.
 */
export class AddressIndex {
  readonly bytes: readonly Uint8Array[];
  readonly words: readonly AddressWords[];
  readonly #firstIpv4: number;
  readonly #isDense: boolean;
  /** By the last word; the others of an IPv6 address are compared. */
  readonly #byLast = new Map<number, number[]>();

  /** @throws RangeError if one is not a literal address */
  constructor(addresses: readonly string[]) {
    this.bytes = addresses.map(parseAddress);
    this.words = this.bytes.map(toWords);
    this.#firstIpv4 = this.words[0]?.length === 1 ? this.words[0][0]! : -1;
    this.#isDense = this.words.every(
      (words, index) => words.length === 1 && words[0] === this.#firstIpv4 + index,
    );
    this.words.forEach((words, index) => {
      const last = words.at(-1)!;
      const same = this.#byLast.get(last);
      if (same === undefined) this.#byLast.set(last, [index]);
      else same.push(index);
    });
  }

  /** @returns -1 if it is none of them */
  findIpv4(word: number): number {
    if (this.#isDense) {
      const index = word - this.#firstIpv4;
      return index >= 0 && index < this.words.length ? index : -1;
    }
    return this.#byLast.get(word)?.find((index) => this.words[index]!.length === 1) ?? -1;
  }

  /** @returns -1 if it is none of them */
  findIpv6(a: number, b: number, c: number, d: number): number {
    for (const index of this.#byLast.get(d) ?? []) {
      const words = this.words[index]!;
      if (words.length === 4 && words[0] === a && words[1] === b && words[2] === c) return index;
    }
    return -1;
  }
}
