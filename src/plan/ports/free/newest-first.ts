import type { FreeSlots } from './free-slots.ts';

/** The most recently freed slot first; unused slots only if there is no other, in an order of their own. */
export class NewestFirstSlots implements FreeSlots {
  #freed = 0;
  readonly #stack: Int32Array;
  readonly #unused: FreeSlots;

  /** @param unused determines the order in which slots are first used; nothing is ever added to it */
  constructor(unused: FreeSlots) {
    this.#stack = new Int32Array(unused.count);
    this.#unused = unused;
  }

  get count(): number {
    return this.#freed + this.#unused.count;
  }

  take(): number {
    if (this.#freed === 0) return this.#unused.take();
    this.#freed -= 1;
    return this.#stack[this.#freed]!;
  }

  add(slot: number): void {
    this.#stack[this.#freed] = slot;
    this.#freed += 1;
  }
}
