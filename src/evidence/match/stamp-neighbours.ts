/** A SYN with a timestamp, of a handshake with a number of its own. */
export interface Stamped {
  readonly id: number;
  readonly atUs: number;
  readonly stamp: number;
}

/** Timestamps of clients that count milliseconds from one start lie as close; others are random by connection. */
const NEAR_STAMPS = 5_000;
/** Those of one clock come as close in time; others are alike by chance. */
const NEAR_US = 5_000_000;
/** Of one timestamp: where there are more it is crowded, whenever they came. */
const MOST_NEIGHBOURS = 64;

/**
 * Tells timestamps that no other handshake comes near. Those of one clock for all connections are alike in SYNs that were sent
 * in the same millisecond: if of two one side lacks the first, and the other the second, they would be taken for one.
 */
export class StampNeighbours {
  /** In ascending order. */
  readonly #stamps: Float64Array;
  /** Of each: those of the far side nearby, number and time in turn; undefined: too many. */
  readonly #far: (number[] | undefined)[];
  readonly #isCrowded: Uint8Array;

  /** @param near SYNs of the near side, the only ones that are asked about */
  constructor(near: readonly Stamped[]) {
    const sorted = near.filter(({ stamp }) => stamp > 0).sort((a, b) => a.stamp - b.stamp);
    this.#stamps = Float64Array.from(sorted, ({ stamp }) => stamp);
    this.#far = sorted.map(() => []);
    this.#isCrowded = new Uint8Array(sorted.length);
    for (const [index, one] of sorted.entries()) {
      // Sorted: those before it have looked at it already.
      for (let next = index + 1; next < sorted.length; next += 1) {
        const other = sorted[next]!;
        if (other.stamp - one.stamp > NEAR_STAMPS) break;
        if (other.id === one.id || Math.abs(other.atUs - one.atUs) > NEAR_US) continue;
        this.#isCrowded[index] = 1;
        this.#isCrowded[next] = 1;
        break;
      }
    }
  }

  /** Takes one of the far side. */
  add({ id, atUs, stamp }: Stamped): void {
    for (let index = this.#firstFrom(stamp - NEAR_STAMPS); index < this.#stamps.length; index += 1) {
      if (this.#stamps[index]! > stamp + NEAR_STAMPS) return;
      const known = this.#far[index];
      if (known === undefined || this.#isCrowded[index] === 1) continue;
      if (known.length >= 2 * MOST_NEIGHBOURS) this.#far[index] = undefined;
      else known.push(id, atUs);
    }
  }

  /** Whether another handshake of either side than this one of the far side comes near a timestamp of the near side. */
  isCrowded(stamp: number, id: number, atUs: number): boolean {
    const index = this.#firstFrom(stamp);
    const known = this.#far[index];
    if (this.#stamps[index] !== stamp || known === undefined || this.#isCrowded[index] === 1) return true;
    for (let at = 0; at < known.length; at += 2)
      if (known[at] !== id && !(Math.abs(known[at + 1]! - atUs) > NEAR_US)) return true;
    return false;
  }

  #firstFrom(stamp: number): number {
    let [low, high] = [0, this.#stamps.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#stamps[middle]! < stamp) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
