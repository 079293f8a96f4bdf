/** Above it, the remainder of a division followed by 16 more bits exceeds what a double represents exactly. */
const MAX_EXACT = 2 ** 37;

/** The clock of an interface in a pcapng: 64 bits of ticks, more than a double holds. */
export class TickClock {
  readonly #perSecond: number;
  readonly #widePerSecond: bigint;
  readonly #offsetSec: number;
  sec = 0;
  /** Microseconds beyond it. */
  fractionUs = 0;

  /**
   * @param resolution if_tsresol of an interface: a negative power of 10, or of 2 where the top bit is set
   * @param offsetSec if_tsoffset: added to every time
   */
  constructor(resolution: number, offsetSec: number) {
    const base = (resolution & 0x80) === 0 ? 10n : 2n;
    this.#widePerSecond = base ** BigInt(resolution & 0x7f);
    this.#perSecond = Number(this.#widePerSecond);
    this.#offsetSec = offsetSec;
  }

  /** Sets second and fraction from a time of 64 bits, exact to the tick if a fraction in microseconds can be. */
  read(high: number, low: number): void {
    if (this.#perSecond > MAX_EXACT) this.#readWide(high, low);
    else this.#divide(high, low);
    this.sec += this.#offsetSec;
  }

  /** Long division, 16 bits at a time. */
  #divide(high: number, low: number): void {
    const perSecond = this.#perSecond;
    let sec = 0;
    let rest = 0;
    for (let digit = 0; digit < 4; digit += 1) {
      const word = digit < 2 ? high : low;
      const ticks = rest * 0x1_0000 + (digit % 2 === 0 ? word >>> 16 : word & 0xffff);
      const quotient = Math.floor(ticks / perSecond);
      sec = sec * 0x1_0000 + quotient;
      rest = ticks - quotient * perSecond;
    }
    this.sec = sec;
    this.fractionUs = (rest / perSecond) * 1e6;
  }

  #readWide(high: number, low: number): void {
    const ticks = (BigInt(high) << 32n) | BigInt(low);
    this.sec = Number(ticks / this.#widePerSecond);
    this.fractionUs = (Number(ticks % this.#widePerSecond) / this.#perSecond) * 1e6;
  }
}
