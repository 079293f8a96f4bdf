import type { TupleKey } from './tuple-key.ts';
import type { HandshakeEnd } from './types.ts';

/** Twice the longest time that a segment lives (RFC 9293 section 3.4.2: two minutes). */
const LATE_US = 240_000_000;

const ENDS: readonly HandshakeEnd[] = ['closed', 'reset', 'open'];

/**
 * When the previous connection with the same addresses and ports was last seen, for some that are no longer tracked. A new
 * entry replaces an older one in the same place, which is then unknown.
 */
export class RecentTuples {
  readonly #checks: Int32Array;
  readonly #lastAtUs: Float64Array;
  readonly #ends: Uint8Array;

  /** @param places a power of two: 13 bytes each */
  constructor(places: number) {
    this.#checks = new Int32Array(places);
    this.#lastAtUs = new Float64Array(places).fill(Number.NaN);
    this.#ends = new Uint8Array(places);
  }

  put(hash: number, check: number, lastAtUs: number, end: HandshakeEnd): void {
    const place = hash & (this.#checks.length - 1);
    this.#checks[place] = check;
    this.#lastAtUs[place] = lastAtUs;
    this.#ends[place] = ENDS.indexOf(end);
  }

  /** @returns the time of its last packet; NaN if unknown */
  lastAtUs({ hash, check }: TupleKey): number {
    const place = hash & (this.#checks.length - 1);
    return this.#checks[place] === check ? this.#lastAtUs[place]! : Number.NaN;
  }

  /** Whether a packet may be a late one of a closed connection, and not the first captured one of another. */
  isLate(key: TupleKey, atUs: number): boolean {
    const agoUs = atUs - this.lastAtUs(key);
    return agoUs >= 0 && agoUs <= LATE_US && this.endOf(key) !== 'open';
  }

  /** @returns how it was last seen, if {@link lastAtUs} is known */
  endOf({ hash }: TupleKey): HandshakeEnd {
    return ENDS[this.#ends[hash & (this.#checks.length - 1)]!]!;
  }
}
