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
      const least = [2 * parent + 1, 2 * parent + 2]
        .filter((child) => child < heap.length)
        .reduce((best, child) => (heap[child]!.atSec < heap[best]!.atSec ? child : best), parent);
      if (least === parent) return first;
      [heap[parent], heap[least]] = [heap[least]!, heap[parent]!];
      parent = least;
    }
  }
}
