import type { Counter } from 'prom-client';

/**
 * A counter that never falls, as Prometheus takes a fall for a restart. An increment may be negative: an attempt counted
 * as started turned out in the next second not to have been sent. It is then held against the increments that follow.
 */
export class MonotonicCounter {
  readonly #counter: Counter;
  readonly #owed = new Map<string, number>();

  constructor(counter: Counter) {
    this.#counter = counter;
  }

  add(labels: Record<string, string>, increment: number): void {
    const key = Object.values(labels).join('\n');
    const due = (this.#owed.get(key) ?? 0) + increment;
    this.#owed.set(key, Math.min(0, due));
    this.#counter.inc(labels, Math.max(0, due));
  }
}
