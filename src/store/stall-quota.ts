/** Stalls kept one by one over a whole soak; the rest is in the counts. */
const MAX_STALLS = 10_000;

/** A window may take this share of the room that is left: an outage never takes it all from what comes after it. */
const WINDOW_SHARE = 1 / 50;

/** And so many at the least, as long as there is room. */
const LEAST = 10;

/** Says how many stalls of each second are kept. */
export class StallQuota {
  readonly #windowSec: number;
  #left: number;
  #window = -1;
  #ofWindow = 0;

  /** @param kept before */
  constructor(windowSec: number, kept: number) {
    this.#windowSec = windowSec;
    this.#left = Math.max(0, MAX_STALLS - kept);
  }

  /** @returns how many of so many may be kept; seconds ascend */
  take(second: number, stalls: number): number {
    const window = Math.floor(second / this.#windowSec);
    if (window !== this.#window) {
      this.#window = window;
      this.#ofWindow = Math.min(this.#left, Math.max(LEAST, Math.floor(this.#left * WINDOW_SHARE)));
    }
    const kept = Math.min(stalls, this.#ofWindow);
    this.#ofWindow -= kept;
    this.#left -= kept;
    return kept;
  }
}
