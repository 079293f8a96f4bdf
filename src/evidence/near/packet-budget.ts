/** Long enough to distinguish a load from a burst; more packets than may come in all of it are too many at once. */
const WINDOW_US = 200_000;

/** Detects when packets arrive at a higher rate than may be read during a load. */
export class PacketBudget {
  readonly #mostPerSec: number;
  #count = 0;
  #sinceUs = Number.NaN;

  /** @param mostPerSec most packets a second; Infinity: any number */
  constructor(mostPerSec: number) {
    this.#mostPerSec = mostPerSec;
  }

  /**
   * Counts packets that arrived since the last call.
   * @param nowUs never decreases
   * @returns whether more came within the last fifth of a second, or since the last call if that is longer ago, than may
   */
  exceeds(packets: number, nowUs: number): boolean {
    if (Number.isNaN(this.#sinceUs)) this.#sinceUs = nowUs;
    else this.#count += packets;
    const tookUs = nowUs - this.#sinceUs;
    const most = (this.#mostPerSec * Math.max(tookUs, WINDOW_US)) / 1_000_000;
    const isExceeded = this.#count > most;
    if (!isExceeded && tookUs < WINDOW_US) return false;
    this.#count = 0;
    this.#sinceUs = nowUs;
    return isExceeded;
  }
}
