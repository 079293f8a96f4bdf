import type { MatchedBy } from '../../metrics/far.ts';
import { MATCHED_BY } from '../../metrics/far.ts';
import type { FarCandidates } from './far-candidates.ts';
import { FarClock, measureOffset, Offsets } from './offsets.ts';
import type { Matching, Pair } from './types.ts';

/** So few pairs may be chance. */
const LEAST_PAIRS = 3;
/** Values of a sequence number; as many by as many handshakes as a thousandth of it have one alike by chance in a thousand. */
const SEQUENCE_NUMBERS = 2 ** 32;

/**
 * Finds the handshakes that two captures have in common, whatever a NAT in between made of their ports and addresses. Where more
 * than one could be meant, or time speaks against it, none is: what is not sure is left alone.
 *
 * What a NAT may keep is tried, the surest first. Never ports, addresses, MSS, IP ID, TTL, window: those are what is changed on the
 * way, or alike in all.
 */
export function matchHandshakes(far: FarCandidates): Matching {
  const pairs: Pair[] = [];
  const [nears, fars] = [new Set(far.nears), new Set<Pair['far']>()];
  for (const by of MATCHED_BY) {
    const candidates = [...far.pairsBy(by)].filter((pair) => nears.has(pair.near) && !fars.has(pair.far));
    if (candidates.length === 0) continue;
    if (pairs.length === 0 && candidates.length < leastPairs(by, far)) continue;
    const offsets = new Offsets(pairs.length > candidates.length ? pairs : candidates);
    for (const { near, far: other } of candidates) {
      if (!nears.has(near) || fars.has(other) || !offsets.fits({ near, far: other })) continue;
      pairs.push({ near, far: other, by });
      nears.delete(near);
      fars.add(other);
    }
  }
  const offset = measureOffset(pairs);
  return {
    ...{ pairs, nearAlone: [...nears], farAlone: far.count - pairs.length, offset },
    clock: pairs.length === 0 ? undefined : new FarClock(pairs, offset),
  };
}

function leastPairs(by: MatchedBy, { nears, count }: FarCandidates): number {
  return by === 'isn' && nears.length * count < SEQUENCE_NUMBERS / 1_000 ? 1 : LEAST_PAIRS;
}
