import type { RandomBelow } from '../../../random.ts';
import type { FreeSlots } from './free-slots.ts';

/** Any free slot, each with equal probability. */
export class ShuffledSlots implements FreeSlots {
  count: number;
  readonly #slots: Int32Array;
  readonly #random: RandomBelow;

  constructor(size: number, random: RandomBelow) {
    this.count = size;
    this.#slots = Int32Array.from({ length: size }, (_, slot) => slot);
    this.#random = random;
  }

  take(): number {
    if (this.count === 0) return -1;
    const place = this.#random(this.count);
    const slot = this.#slots[place]!;
    this.count -= 1;
    this.#slots[place] = this.#slots[this.count]!;
    return slot;
  }

  add(slot: number): void {
    this.#slots[this.count] = slot;
    this.count += 1;
  }
}
