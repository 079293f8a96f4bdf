/** Number of stalls kept individually over a whole run or soak; counts include the rest. */
const MAX_STALLS = 10_000;

/** A window may take so many at the least, as long as there is room. */
const LEAST = 10;

export interface StallQuotaOptions {
  /** Absent: one window, as long as the run. */
  readonly windowSec?: number;
  /** Of what is left, 0-1: the most that one window may take. */
  readonly share?: number;
  /** Kept before. */
  readonly kept: number;
  /** Kept in all; default: 10,000. */
  readonly most?: number;
}

/** Says how many stalls of each second are kept. */
export class StallQuota {
  readonly #windowSec: number;
  readonly #share: number;
  #left: number;
  #window = -1;
  #ofWindow = 0;

  constructor({
    windowSec = Number.POSITIVE_INFINITY,
    share = 1,
    kept,
    most = MAX_STALLS,
  }: StallQuotaOptions) {
    this.#windowSec = windowSec;
    this.#share = share;
    this.#left = Math.max(0, most - kept);
  }

  /** @returns how many of so many may be kept; seconds ascend */
  take(second: number, stalls: number): number {
    const window = Math.floor(second / this.#windowSec);
    if (window !== this.#window) {
      this.#window = window;
      this.#ofWindow = Math.min(this.#left, Math.max(LEAST, Math.floor(this.#left * this.#share)));
    }
    const kept = Math.min(stalls, this.#ofWindow);
    this.#ofWindow -= kept;
    this.#left -= kept;
    return kept;
  }
}
