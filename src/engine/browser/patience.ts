import type { Clock } from '../../net/ticker.ts';

/** How long a connection's present phase may last: from then on it is slow, or over. */
export class Patience {
  readonly #clock: Clock;
  #untilUs = Number.POSITIVE_INFINITY;
  /** When the handshake is slow, unless that is known. */
  #slowAtUs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * A phase begins that may last so long.
   * @param fromUs now, if the clock has just been read
   */
  begin(lastsUs: number, fromUs = this.#clock()): void {
    this.#untilUs = fromUs + lastsUs;
  }

  /** It is slow from then on. */
  slowAt(us: number): void {
    this.#slowAtUs = us;
  }

  isOver(nowUs: number): boolean {
    return nowUs >= this.#untilUs;
  }

  /** Whether it has become slow; says so once. */
  becomesSlow(nowUs: number): boolean {
    if (nowUs < this.#slowAtUs) return false;
    this.#slowAtUs = Number.POSITIVE_INFINITY;
    return true;
  }
}
