import { createCounts, type Histogram, LONGEST_US, recordUs } from '../../metrics/histogram.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';

/** Addresses that are told apart; a proxy has other clients too. */
const MOST_ADDRESSES = 256;
/** Figures to within 1 %. */
const DIGITS = 2;

/** How soon ports were used again at the far side, by the address from which it saw them. */
export class ReuseByAddress {
  readonly #ages = new Map<string, Histogram>();

  add({ client, syns, previousAtUs }: HandshakeSeen): void {
    const us = (syns[0]?.atUs ?? Number.NaN) - previousAtUs;
    if (Number.isNaN(us)) return;
    let ages = this.#ages.get(client);
    if (ages === undefined) {
      if (this.#ages.size >= MOST_ADDRESSES) return;
      ages = createCounts(LONGEST_US, DIGITS);
      this.#ages.set(client, ages);
    }
    recordUs(ages, us);
  }

  /** Of all these addresses together. */
  sum(addresses: readonly string[]): Histogram {
    const all = createCounts(LONGEST_US, DIGITS);
    for (const address of addresses) {
      const ages = this.#ages.get(address);
      if (ages !== undefined) all.add(ages);
    }
    return all;
  }
}
