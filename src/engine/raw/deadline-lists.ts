/**
 * Timeouts without timers. Within one list every deadline is equally far ahead when it is set, so appending keeps the
 * list sorted and only its head needs checking. The lists are doubly linked through arrays indexed by slot: setting
 * and clearing take constant time, and nothing is allocated.
 */
export class DeadlineLists {
  readonly #durationsUs: Float64Array;
  readonly #deadlineUs: Float64Array;
  /** Slots first, then one anchor per list: an empty list's anchor points to itself. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #slots: number;

  /** @param durationsUs how far ahead each list's deadlines are */
  constructor(slots: number, durationsUs: readonly number[]) {
    this.#slots = slots;
    this.#durationsUs = Float64Array.from(durationsUs);
    this.#deadlineUs = new Float64Array(slots);
    const selves = (): Int32Array => new Int32Array(slots + durationsUs.length).map((_, index) => index);
    this.#next = selves();
    this.#previous = selves();
  }

  /** Sets a slot's only deadline, replacing any earlier one. `nowUs` never decreases. */
  set(slot: number, list: number, nowUs: number): void {
    this.clear(slot);
    this.#deadlineUs[slot] = nowUs + this.#durationsUs[list]!;
    const anchor = this.#slots + list;
    const last = this.#previous[anchor]!;
    this.#next[last] = slot;
    this.#previous[slot] = last;
    this.#next[slot] = anchor;
    this.#previous[anchor] = slot;
  }

  clear(slot: number): void {
    const next = this.#next[slot]!;
    const previous = this.#previous[slot]!;
    this.#next[previous] = next;
    this.#previous[next] = previous;
    this.#next[slot] = slot;
    this.#previous[slot] = slot;
  }

  /** The earliest deadline of all; infinite if none is set. */
  soonestUs(): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (let anchor = this.#slots; anchor < this.#next.length; anchor++) {
      const first = this.#next[anchor]!;
      if (first !== anchor) soonest = Math.min(soonest, this.#deadlineUs[first]!);
    }
    return soonest;
  }

  /** Clears one slot whose deadline has passed and returns it; -1 if there are no more. */
  takeExpired(nowUs: number): number {
    for (let anchor = this.#slots; anchor < this.#next.length; anchor++) {
      const first = this.#next[anchor]!;
      if (first === anchor || this.#deadlineUs[first]! > nowUs) continue;
      this.clear(first);
      return first;
    }
    return -1;
  }
}
