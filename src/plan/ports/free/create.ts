import type { RandomBelow } from '../../../random.ts';
import type { SourcePlan } from '../types.ts';
import type { FreeSlots } from './free-slots.ts';
import { SequentialSlots } from './sequential.ts';

/** Creates `size` free slots in the order that a plan specifies. */
export function createFreeSlots(plan: SourcePlan, size: number, random: RandomBelow): FreeSlots {
  // The slot freed last has exceeded its age by the least.
  if (plan.reuseExactlyUs !== undefined) {
    return new NewestFirstSlots(
      plan.order === 'random' ? new ShuffledSlots(size, random) : new SequentialSlots(size),
    );
  }
  switch (plan.order) {
    case 'sequential':
      return new SequentialSlots(size);
    case 'random':
      return new ShuffledSlots(size, random);
    case 'mru':
      return new NewestFirstSlots(new SequentialSlots(size));
    case 'lru':
      return new OldestFirstSlots(size);
  }
}

/** Any free slot, each with equal probability. */
class ShuffledSlots implements FreeSlots {
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

/** The slot freed longest ago first; unused slots before all others, lowest first. */
class OldestFirstSlots implements FreeSlots {
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

/** The most recently freed slot first; unused slots only if there is no other, in an order of their own. */
class NewestFirstSlots implements FreeSlots {
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
