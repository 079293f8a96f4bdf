/** A step of the times kept: 32 bits of them are 76 hours, so none is mistaken for another within 38. */
const TICK_US = 64;

/**
 * Deadlines without timers, 12 bytes for each number that has had one: of a slot, or of what is active. Within a list every
 * deadline is equally far ahead when it is set, so appending keeps the list sorted and only its head needs checking; setting and
 * clearing take constant time.
 */
export class Deadlines {
  readonly #durationsUs: Float64Array;
  readonly #setAtTick: Uint32Array;
  /** The numbers first, then one anchor per list. 0: not in a list; otherwise the neighbour's number plus 1. */
  readonly #next: Int32Array;
  readonly #previous: Int32Array;
  readonly #count: number;

  /** @param count numbers from 0 that may have a deadline @param durationsUs how far ahead each list's deadlines are, below 38 hours; at most 255 lists */
  constructor(count: number, durationsUs: readonly number[]) {
    this.#count = count;
    this.#durationsUs = Float64Array.from(durationsUs);
    this.#setAtTick = new Uint32Array(count);
    this.#next = new Int32Array(count + durationsUs.length);
    this.#previous = new Int32Array(count + durationsUs.length);
    for (let anchor = count; anchor < this.#next.length; anchor += 1) {
      this.#next[anchor] = anchor + 1;
      this.#previous[anchor] = anchor + 1;
    }
  }

  /** Sets a number's only deadline, replacing any earlier one. `nowUs` never decreases. */
  set(number: number, list: number, nowUs: number): void {
    this.clear(number);
    // Rounded up: a deadline never comes early.
    this.#setAtTick[number] = Math.ceil(nowUs / TICK_US) >>> 0;
    const anchor = this.#count + list;
    const last = this.#previous[anchor]! - 1;
    this.#next[last] = number + 1;
    this.#previous[number] = last + 1;
    this.#next[number] = anchor + 1;
    this.#previous[anchor] = number + 1;
  }

  clear(number: number): void {
    const next = this.#next[number]!;
    if (next === 0) return;
    const previous = this.#previous[number]!;
    this.#next[previous - 1] = next;
    this.#previous[next - 1] = previous;
    this.#next[number] = 0;
    this.#previous[number] = 0;
  }

  /** The number that has been in a list for longest; -1 if it is empty. */
  oldest(list: number): number {
    const first = this.#next[this.#count + list]! - 1;
    return first < this.#count ? first : -1;
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

  /** Clears one number whose deadline has passed and returns it; -1 if there are no more. */
  takeExpired(nowUs: number): number {
    for (let list = 0; list < this.#durationsUs.length; list += 1) {
      const first = this.oldest(list);
      if (first < 0 || this.#ageUs(first, nowUs) < this.#durationsUs[list]!) continue;
      this.clear(first);
      return first;
    }
    return -1;
  }

  #ageUs(number: number, nowUs: number): number {
    // The difference of two 32-bit counters, signed: a deadline set this very tick may lie a tick ahead.
    const ticks = ((Math.floor(nowUs / TICK_US) | 0) - this.#setAtTick[number]!) | 0;
    return ticks * TICK_US;
  }
}
