const FIRST_CAPACITY = 256;

/** Slots by time, soonest first. Memory grows to the maximum held and then stays constant. */
export class TimeHeap {
  count = 0;
  #times = new Float64Array(FIRST_CAPACITY);
  #slots = new Int32Array(FIRST_CAPACITY);

  /** Infinity if empty. */
  get soonestUs(): number {
    return this.count === 0 ? Number.POSITIVE_INFINITY : this.#times[0]!;
  }

  push(atUs: number, slot: number): void {
    if (this.count === this.#times.length) this.#grow();
    const times = this.#times;
    const slots = this.#slots;
    let place = this.count++;
    while (place > 0) {
      const parent = (place - 1) >> 1;
      if (times[parent]! <= atUs) break;
      times[place] = times[parent]!;
      slots[place] = slots[parent]!;
      place = parent;
    }
    times[place] = atUs;
    slots[place] = slot;
  }

  /** Takes the soonest; there must be one. */
  pop(): number {
    const times = this.#times;
    const slots = this.#slots;
    const soonest = slots[0]!;
    const last = --this.count;
    const atUs = times[last]!;
    let place = 0;
    for (let child = 1; child < last; child = 2 * place + 1) {
      if (child + 1 < last && times[child + 1]! < times[child]!) child += 1;
      if (times[child]! >= atUs) break;
      times[place] = times[child]!;
      slots[place] = slots[child]!;
      place = child;
    }
    times[place] = atUs;
    slots[place] = slots[last]!;
    return soonest;
  }

  #grow(): void {
    const times = new Float64Array(2 * this.#times.length);
    const slots = new Int32Array(2 * this.#slots.length);
    times.set(this.#times);
    slots.set(this.#slots);
    this.#times = times;
    this.#slots = slots;
  }
}
