import { TimeHeap } from './time-heap.ts';
import { TimeRing } from './time-ring.ts';

/**
 * Slots that may not be leased yet, by when they may. Most rests have the same length, so they mostly end in order:
 * those use a ring at constant cost, and only the others, such as quarantines, use a heap.
 */
export class RestingSlots {
  readonly #inOrder = new TimeRing();
  readonly #others = new TimeHeap();

  get count(): number {
    return this.#inOrder.count + this.#others.count;
  }

  /** When the first rest ends; Infinity if there is none. */
  get soonestUs(): number {
    return Math.min(this.#inOrder.soonestUs, this.#others.soonestUs);
  }

  add(untilUs: number, slot: number): void {
    if (untilUs >= this.#inOrder.latestUs) this.#inOrder.push(untilUs, slot);
    else this.#others.push(untilUs, slot);
  }

  /** Takes the slot whose rest ends first; there must be one. */
  takeSoonest(): number {
    return this.#inOrder.soonestUs <= this.#others.soonestUs ? this.#inOrder.shift() : this.#others.pop();
  }
}
