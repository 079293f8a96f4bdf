/** Connections of one second, of all users of an arm together. */
export interface PortCounts {
  /** The most that were open at once; of several workers, the sum of each one's most. */
  readonly most: number;
  /** Open at its end. */
  readonly last: number;
  /** Ended during it, with something left for a NAT to keep. */
  readonly ended: number;
}

/** Seconds per allocated block: a gap of hours takes no memory. */
const BLOCK_SECONDS = 512;
const WIDTH = 4;
/** Column that marks a second with data. */
const KNOWN = 3;

/** {@link PortCounts} by the second, 32 bytes each: a soak has millions. */
export class PortSeconds {
  readonly #blocks = new Map<number, Float64Array>();

  add(second: number, { most, last, ended }: PortCounts): void {
    const number = Math.floor(second / BLOCK_SECONDS);
    const block = this.#blocks.get(number) ?? new Float64Array(BLOCK_SECONDS * WIDTH);
    this.#blocks.set(number, block);
    const at = (second % BLOCK_SECONDS) * WIDTH;
    block[at] = block[at]! + most;
    block[at + 1] = block[at + 1]! + last;
    block[at + 2] = block[at + 2]! + ended;
    block[at + KNOWN] = 1;
  }

  /** In order. */
  *entries(): Generator<readonly [second: number, counts: PortCounts], undefined> {
    for (const number of [...this.#blocks.keys()].sort((a, b) => a - b)) {
      const block = this.#blocks.get(number)!;
      for (let offset = 0; offset < BLOCK_SECONDS; offset += 1) {
        const at = offset * WIDTH;
        if (block[at + KNOWN] === 0) continue;
        const counts = { most: block[at]!, last: block[at + 1]!, ended: block[at + 2]! };
        yield [number * BLOCK_SECONDS + offset, counts];
      }
    }
  }
}

/**
 * How often a NAT held how many ports, of the seconds in which any connection was open, if it keeps each for so long after
 * the connection has ended. 0: the most connections open at once. Otherwise what it holds at the end of the second, which
 * is exact over any number of workers and never less than the most that were open in it.
 * @param keptSec whole seconds
 */
export function countHeld(seconds: PortSeconds, keptSec: number): Map<number, number> {
  const held = new Map<number, number>();
  const leaving = seconds.entries();
  let oldest = leaving.next();
  let kept = 0;
  for (const [second, { most, last, ended }] of seconds.entries()) {
    kept += ended;
    for (; oldest.value !== undefined && oldest.value[0] <= second - keptSec; oldest = leaving.next())
      kept -= oldest.value[1].ended;
    if (most === 0) continue;
    const ports = keptSec === 0 ? most : last + kept;
    held.set(ports, (held.get(ports) ?? 0) + 1);
  }
  return held;
}
