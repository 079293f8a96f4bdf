/** A step of the times kept: 32 bits of them are 76 hours, so none is mistaken for another within 38. */
const TICK_US = 64;

/**
 * Deadlines without timers, 12 bytes a slot. Within a list every deadline is equally far ahead when it is set, so
 * appending keeps the list sorted and only its head needs checking; setting and clearing take constant time.
 */
export class Deadlines {
  readonly #durationsUs: Float64Array;
  readonly #setAtTick: Uint32Array;
  /** Slots first, then one anchor per list. 0: not in a list; otherwise the neighbour's number plus 1. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #slots: number;

  /** @param durationsUs how far ahead each list's deadlines are, below 38 hours; at most 255 lists */
  constructor(slots: number, durationsUs: readonly number[]) {
    this.#slots = slots;
    this.#durationsUs = Float64Array.from(durationsUs);
    this.#setAtTick = new Uint32Array(slots);
    this.#next = new Int32Array(slots + durationsUs.length);
    this.#previous = new Int32Array(slots + durationsUs.length);
    for (let anchor = slots; anchor < this.#next.length; anchor += 1) {
      this.#next[anchor] = anchor + 1;
      this.#previous[anchor] = anchor + 1;
    }
  }

  /** Sets a slot's only deadline, replacing any earlier one. `nowUs` never decreases. */
  set(slot: number, list: number, nowUs: number): void {
    this.clear(slot);
    // Rounded up: a deadline never comes early.
    this.#setAtTick[slot] = Math.ceil(nowUs / TICK_US) >>> 0;
    const anchor = this.#slots + list;
    const last = this.#previous[anchor]! - 1;
    this.#next[last] = slot + 1;
    this.#previous[slot] = last + 1;
    this.#next[slot] = anchor + 1;
    this.#previous[anchor] = slot + 1;
  }

  clear(slot: number): void {
    const next = this.#next[slot]!;
    if (next === 0) return;
    const previous = this.#previous[slot]!;
    this.#next[previous - 1] = next;
    this.#previous[next - 1] = previous;
    this.#next[slot] = 0;
    this.#previous[slot] = 0;
  }

  /** The slot that has been in a list for longest; -1 if it is empty. */
  oldest(list: number): number {
    const first = this.#next[this.#slots + list]! - 1;
    return first < this.#slots ? first : -1;
  }

  /** How long from now until the earliest deadline of all; infinite if none is set, 0 or less if it has passed. */
  soonestInUs(nowUs: number): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (let list = 0; list < this.#durationsUs.length; list += 1) {
      const first = this.oldest(list);
      if (first >= 0) soonest = Math.min(soonest, this.#durationsUs[list]! - this.#ageUs(first, nowUs));
    }
    return soonest;
  }

  /** Clears one slot whose deadline has passed and returns it; -1 if there are no more. */
  takeExpired(nowUs: number): number {
    for (let list = 0; list < this.#durationsUs.length; list += 1) {
      const first = this.oldest(list);
      if (first < 0 || this.#ageUs(first, nowUs) < this.#durationsUs[list]!) continue;
      this.clear(first);
      return first;
    }
    return -1;
  }

  #ageUs(slot: number, nowUs: number): number {
    // The difference of two 32-bit counters, signed: a deadline set this very tick may lie a tick ahead.
    const ticks = ((Math.floor(nowUs / TICK_US) | 0) - this.#setAtTick[slot]!) | 0;
    return ticks * TICK_US;
  }
}
