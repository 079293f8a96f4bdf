import type { SweepLoad } from '../scenario/load-types.ts';

/** Two attempts from one source port, each from a different address. */
export interface SweepPair {
  /** Number of the first attempt, across all shards; the second's is one higher. */
  readonly attempt: number;
  readonly port: number;
  /** From the first's close to the second's start. */
  readonly delayUs: number;
  /** When the first is due, microseconds since the load's start. */
  readonly firstAtUs: number;
}

/**
 * Lays out a sweep: each pair has its own port, and the first attempts are ordered by time. Time is divided into
 * slots of one attempt each, and each pair gets the first two free slots that are its delay apart, longest delays
 * first: the rate holds in every second, and the whole takes little longer than its longest delay or its attempts at
 * their rate.
 * @param ports at least as many as there are pairs
 * @throws RangeError if there are fewer
 */
export function planSweep(load: SweepLoad, ports: readonly number[]): SweepPair[] {
  const { delaysUs, pairs, ratePerSec } = load;
  if (ports.length < delaysUs.length * pairs) throw new RangeError('a sweep needs a port for each pair');
  const slotUs = 1_000_000 / ratePerSec;
  const taken = new Set<number>();
  const planned: { delayUs: number; firstAtUs: number }[] = [];
  let firstFree = 0;
  for (const delayUs of delaysUs.toReversed()) {
    // If a pair's delay is shorter than a slot, its second attempt counts against the next one.
    const apart = Math.max(1, Math.round(delayUs / slotUs));
    let slot = firstFree;
    for (let pair = 0; pair < pairs; pair += 1) {
      while (taken.has(slot) || taken.has(slot + apart)) slot += 1;
      taken.add(slot).add(slot + apart);
      planned.push({ delayUs, firstAtUs: Math.round(slot * slotUs) });
    }
    while (taken.has(firstFree)) firstFree += 1;
  }
  return planned
    .sort((a, b) => a.firstAtUs - b.firstAtUs)
    .map((pair, index) => ({ ...pair, attempt: 2 * index, port: ports[index]! }));
}

/** The pairs of shard `index` of `count`: both attempts of a pair, and so a port, belong to the same one. */
export function sweepShare(pairs: readonly SweepPair[], index: number, count: number): SweepPair[] {
  return pairs.filter((_, number) => number % count === index);
}
