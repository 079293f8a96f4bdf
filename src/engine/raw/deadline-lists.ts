/**
 * Timeouts without timers. Within one list every deadline lies equally far ahead when it is set, so that appending
 * keeps the list in order and only its head need be looked at. The lists are doubly linked through arrays by slot:
 * setting and clearing cost the same however many are set, and nothing is ever allocated or left behind.
 */
export class DeadlineLists {
  readonly #durationsUs: Float64Array;
  readonly #deadlineUs: Float64Array;
  /** Slots first, then an anchor for each list: an empty list's anchor points at itself. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #slots: number;

  /** @param durationsUs how far ahead each list's deadlines lie */
  constructor(slots: number, durationsUs: readonly number[]) {
    this.#slots = slots;
    this.#durationsUs = Float64Array.from(durationsUs);
    this.#deadlineUs = new Float64Array(slots);
    const selves = (): Int32Array => new Int32Array(slots + durationsUs.length).map((_, index) => index);
    this.#next = selves();
    this.#previous = selves();
  }

  /** Sets a slot's only deadline, in place of any earlier one. `nowUs` never goes back. */
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

  /** The soonest deadline of all; infinite where none is set. */
  soonestUs(): number {
    let soonest = Number.POSITIVE_INFINITY;
    for (let anchor = this.#slots; anchor < this.#next.length; anchor++) {
      const first = this.#next[anchor]!;
      if (first !== anchor) soonest = Math.min(soonest, this.#deadlineUs[first]!);
    }
    return soonest;
  }

  /** Clears one slot whose deadline has come and returns it; -1 when none is left. */
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
