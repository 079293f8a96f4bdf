/** Packets are counted for so long. */
const WINDOW_US = 1_000;

/** From so many in a window on they come thick and fast: one every 50 us. */
const BUSY = 20;

/** Tells whether many packets come. */
export class Pace {
  #count = 0;
  #sinceUs = -0.5;
  #isBusy = false;

  /** Packets have come. */
  count(packets: number): void {
    this.#count += packets;
  }

  /** Whether many came lately. @param nowUs never decreases */
  isBusy(nowUs: number): boolean {
    const tookUs = nowUs - this.#sinceUs;
    if (tookUs < WINDOW_US) return this.#isBusy;
    this.#isBusy = this.#count * WINDOW_US >= BUSY * tookUs;
    this.#count = 0;
    this.#sinceUs = nowUs;
    return this.#isBusy;
  }
}
