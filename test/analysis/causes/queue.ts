/** Something that happens at a time. */
export type Event = { readonly atSec: number; readonly run: () => void };

/** Events by time, the earliest first. */
export class Queue {
  readonly #heap: Event[];

  constructor(events: readonly Event[]) {
    this.#heap = [...events].sort((a, b) => a.atSec - b.atSec);
  }

  add(event: Event): void {
    const heap = this.#heap;
    heap.push(event);
    for (let child = heap.length - 1; child > 0; ) {
      const parent = (child - 1) >> 1;
      if (heap[parent]!.atSec <= heap[child]!.atSec) return;
      [heap[parent], heap[child]] = [heap[child]!, heap[parent]!];
      child = parent;
    }
  }

  take(): Event | undefined {
    const heap = this.#heap;
    const first = heap[0];
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first;
    heap[0] = last;
    for (let parent = 0; ; ) {
      let least = 2 * parent + 1;
      if (least >= heap.length) return first;
      if (least + 1 < heap.length && heap[least + 1]!.atSec < heap[least]!.atSec) least += 1;
      if (heap[least]!.atSec >= last.atSec) return first;
      heap[parent] = heap[least]!;
      heap[least] = last;
      parent = least;
    }
  }
}
