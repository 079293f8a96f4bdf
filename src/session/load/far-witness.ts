import { setTimeout as wait } from 'node:timers/promises';
import type { Arrivals, ArrivedSyn } from '../../evidence/peer/arrivals.ts';

/** A peer hands over what it has every fifth of a second; then it is on its way. */
const HANDED_OVER_MS = 2_000;
const LOOK_EVERY_MS = 50;

/** Tells which SYNs arrive at the far host. */
export interface FarWitness {
  /** How many have arrived so far. */
  mark(): number;
  /** Those since then: as soon as they are enough, at the latest after two seconds. */
  since(mark: number, areEnough: (syns: readonly ArrivedSyn[]) => boolean): Promise<readonly ArrivedSyn[]>;
}

export function witnessOf(arrivals: Pick<Arrivals, 'count' | 'since'>): FarWitness {
  return {
    mark: () => arrivals.count,
    async since(mark, areEnough) {
      for (let leftMs = HANDED_OVER_MS; leftMs > 0; leftMs -= LOOK_EVERY_MS) {
        if (areEnough(arrivals.since(mark))) break;
        await wait(LOOK_EVERY_MS);
      }
      return arrivals.since(mark);
    },
  };
}

/** What tells a SYN wherever it is seen: neither address nor port, which a NAT may change. */
export type SynMark = Pick<ArrivedSyn, 'isn' | 'timestamp'>;

/**
 * The SYN of ours among those that arrived: by its sequence number, which few firewalls change, else by its timestamp if that is of
 * one connection alone.
 * @param mark undefined: it was not seen to leave
 */
export function findArrived(
  mark: SynMark | undefined,
  arrived: readonly ArrivedSyn[],
): ArrivedSyn | undefined {
  if (mark === undefined) return undefined;
  const sameIsn = arrived.find(({ isn }) => isn === mark.isn);
  if (sameIsn !== undefined) return sameIsn;
  const stamped = arrived.filter(({ timestamp }) => timestamp > 0 && timestamp === mark.timestamp);
  const connections = new Set(stamped.map((one) => `${one.address} ${one.port}`));
  return connections.size === 1 ? stamped[0] : undefined;
}
