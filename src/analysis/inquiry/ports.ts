import type { PortRange } from '../../scenario/units.ts';

/** Above what services listen on, and more than a run of its rate uses. */
const FIRST = 20_000;
const COUNT = 40_000;

/**
 * Hands out ranges of source ports, each once: no arm uses a port of another again. A run begins somewhere else than the one before
 * it, whose ports may still be held.
 */
export class PortSlices {
  readonly #start: number;
  #taken = 0;

  /** @param start 0 to 1: where to begin */
  constructor(start: number) {
    this.#start = Math.floor(start * COUNT) % COUNT;
  }

  /** @returns undefined if there are not as many left, or they would lie apart; the system then chooses */
  take(count: number): PortRange | undefined {
    const at = (this.#start + this.#taken) % COUNT;
    const skipped = at + count > COUNT ? COUNT - at : 0;
    if (this.#taken + skipped + count > COUNT) return undefined;
    this.#taken += skipped + count;
    const from = FIRST + ((at + skipped) % COUNT);
    return { from, to: from + count - 1 };
  }
}
