/** A power of two, so that a mask gives the position in the ring. */
const FIRST_CAPACITY = 256;

/**
 * Slots whose times never decrease: first in, first out. Memory grows to the maximum held and then stays constant.
 */
export class TimeRing {
  count = 0;
  #head = 0;
  #times = new Float64Array(FIRST_CAPACITY);
  #slots = new Int32Array(FIRST_CAPACITY);

  /** Infinity if empty. */
  get soonestUs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.#times[this.#head]!;
  }

  /** -Infinity if empty. */
  get latestUs(): number {
    const last = (this.#head + this.count - 1) & (this.#times.length - 1);
    return this.count === 0 ? Number.NEGATIVE_INFINITY : this.#times[last]!;
  }

  /** @param atUs not before `latestUs` */
  push(atUs: number, slot: number): void {
    if (this.count === this.#times.length) this.#grow();
    const place = (this.#head + this.count) & (this.#times.length - 1);
    this.#times[place] = atUs;
    this.#slots[place] = slot;
    this.count += 1;
  }

  /** Takes the soonest; there must be one. */
  shift(): number {
    const slot = this.#slots[this.#head]!;
    this.#head = (this.#head + 1) & (this.#times.length - 1);
    this.count -= 1;
    return slot;
  }

  #grow(): void {
    const capacity = this.#times.length;
    const times = new Float64Array(2 * capacity);
    const slots = new Int32Array(2 * capacity);
    for (let index = 0; index < this.count; index += 1) {
      const place = (this.#head + index) & (capacity - 1);
      times[index] = this.#times[place]!;
      slots[index] = this.#slots[place]!;
    }
    this.#times = times;
    this.#slots = slots;
    this.#head = 0;
  }
}
