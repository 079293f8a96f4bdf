import type { PortRange } from '../../scenario/units.ts';

/** Above what services listen on, and more than a run of its rate uses. */
const FIRST = 20_000;
const COUNT = 40_000;

/**
 * Hands out ranges of source ports, each once: no arm uses a port of another again. A run begins somewhere else than the one before
 * it, whose ports may still be held.
 */
export class PortSlices {
  readonly #first: number;
  readonly #count: number;
  readonly #start: number;
  #taken = 0;

  /**
   * @param start 0 to 1: where to begin
   * @param first of how many ports it hands out
   */
  constructor(start: number, first = FIRST, count = COUNT) {
    this.#first = first;
    this.#count = count;
    this.#start = Math.floor(start * count) % count;
  }

  /** @returns undefined if there are not as many left, or they would lie apart; the system then chooses */
  take(count: number): PortRange | undefined {
    const at = (this.#start + this.#taken) % this.#count;
    const skipped = at + count > this.#count ? this.#count - at : 0;
    if (this.#taken + skipped + count > this.#count) return undefined;
    this.#taken += skipped + count;
    const from = this.#first + ((at + skipped) % this.#count);
    return { from, to: from + count - 1 };
  }
}
