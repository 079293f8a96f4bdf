import type { FreeSlots } from './free-slots.ts';

/** The next free slot above the one taken last, wrapping from the highest to the lowest. */
export class SequentialSlots implements FreeSlots {
  count: number;
  #next = 0;
  /**
   * One bit per slot, set if it is free; each higher level has one bit per word with any bit set, up to a single
   * word. A search skips long runs of occupied slots in a few steps.
   */
  readonly #levels: Int32Array[] = [];

  constructor(size: number) {
    this.count = size;
    let bits = size;
    do {
      const words = new Int32Array(Math.ceil(bits / 32)).fill(-1);
      if (bits % 32 !== 0) words[words.length - 1] = (1 << (bits % 32)) - 1;
      this.#levels.push(words);
      bits = words.length;
    } while (bits > 1);
  }

  take(): number {
    if (this.count === 0) return -1;
    const upwards = this.#findFrom(this.#next);
    const slot = upwards === -1 ? this.#findFrom(0) : upwards;
    this.#clear(slot);
    this.count -= 1;
    this.#next = slot + 1;
    return slot;
  }

  add(slot: number): void {
    let bit = slot;
    for (const words of this.#levels) {
      const before = words[bit >> 5]!;
      words[bit >> 5] = before | (1 << (bit & 31));
      if (before !== 0) break;
      bit >>= 5;
    }
    this.count += 1;
  }

  #clear(slot: number): void {
    let bit = slot;
    for (const words of this.#levels) {
      const after = words[bit >> 5]! & ~(1 << (bit & 31));
      words[bit >> 5] = after;
      if (after !== 0) break;
      bit >>= 5;
    }
  }

  /** The lowest free slot at or above this one; -1 if there is none. */
  #findFrom(slot: number): number {
    let bit = slot;
    for (let level = 0; level < this.#levels.length; level += 1) {
      const words = this.#levels[level]!;
      const word = bit >> 5;
      if (word >= words.length) return -1;
      const set = words[word]! & (-1 << (bit & 31));
      if (set !== 0) return this.#descend(level, (word << 5) + lowestBit(set));
      bit = word + 1;
    }
    return -1;
  }

  /** Descends from a set bit of a level to the lowest free slot under it. */
  #descend(level: number, from: number): number {
    let bit = from;
    for (let below = level - 1; below >= 0; below -= 1) {
      bit = (bit << 5) + lowestBit(this.#levels[below]![bit]!);
    }
    return bit;
  }
}

function lowestBit(word: number): number {
  return 31 - Math.clz32(word & -word);
}
