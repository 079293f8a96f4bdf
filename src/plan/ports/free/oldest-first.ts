import type { FreeSlots } from './free-slots.ts';

/** The slot freed longest ago first; unused slots before all others, lowest first. */
export class OldestFirstSlots implements FreeSlots {
  count: number;
  #head = 0;
  readonly #ring: Int32Array;

  constructor(size: number) {
    this.count = size;
    this.#ring = Int32Array.from({ length: size }, (_, slot) => slot);
  }

  take(): number {
    if (this.count === 0) return -1;
    const slot = this.#ring[this.#head]!;
    this.#head = this.#wrap(this.#head + 1);
    this.count -= 1;
    return slot;
  }

  add(slot: number): void {
    this.#ring[this.#wrap(this.#head + this.count)] = slot;
    this.count += 1;
  }

  #wrap(place: number): number {
    return place < this.#ring.length ? place : place - this.#ring.length;
  }
}
