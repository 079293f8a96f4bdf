import type { HandshakeSeen } from '../handshakes/types.ts';
import { measureOffset, Offsets } from './offsets.ts';
import type { Matching, Pair } from './types.ts';

type Key = (seen: HandshakeSeen) => number | string | undefined;

/**
 * What a NAT may keep, the surest first. Never ports, addresses, MSS, IP ID, TTL, window: those are what is changed on the way,
 * or alike in all.
 */
const KEYS: readonly (readonly [Pair['by'], Key])[] = [
  ['isn', ({ syns }) => syns[0]!.isn],
  ['token', ({ token }) => token],
  ['timestamp', ({ syns }) => (syns[0]!.options.timestamp > 0 ? syns[0]!.options.timestamp : undefined)],
];

/** Timestamps of clients that count milliseconds from one start lie as close; others are random by connection. */
const NEIGHBOURING_STAMPS = 5_000;
/** So few pairs may be chance. */
const LEAST_PAIRS = 3;

/**
 * Finds the handshakes that two captures have in common, whatever a NAT in between made of their ports and addresses. Where more
 * than one could be meant, or time speaks against it, none is: what is not sure is left alone.
 */
export function matchHandshakes(
  nearAll: readonly HandshakeSeen[],
  farAll: readonly HandshakeSeen[],
): Matching {
  const [nears, fars] = [nearAll, farAll].map((all) => new Set(all.filter(({ syns }) => syns.length > 0)));
  const pairs: Pair[] = [];
  for (const [by, key] of KEYS) {
    const candidates = findUnique(by, key, nears!, fars!);
    if (candidates.length < LEAST_PAIRS && pairs.length === 0) continue;
    const offsets = new Offsets(pairs.length > candidates.length ? pairs : candidates);
    for (const pair of candidates) {
      if (!offsets.fits(pair)) continue;
      pairs.push(pair);
      nears!.delete(pair.near);
      fars!.delete(pair.far);
    }
  }
  return { pairs, nearAlone: [...nears!], farAlone: [...fars!], offset: measureOffset(pairs) };
}

/** Handshakes with a key that one of each side has, and no more. */
function findUnique(
  by: Pair['by'],
  key: Key,
  nears: ReadonlySet<HandshakeSeen>,
  fars: ReadonlySet<HandshakeSeen>,
): Pair[] {
  const [near, far] = [groupBy(nears, key), groupBy(fars, key)];
  const isTelling = by === 'timestamp' ? findLonely([...nears, ...fars]) : () => true;
  const pairs: Pair[] = [];
  for (const [value, one] of near) {
    const other = far.get(value);
    if (one !== undefined && other !== undefined && isTelling(one)) pairs.push({ near: one, far: other, by });
  }
  return pairs;
}

/** @returns by key; undefined: several have it */
function groupBy(all: ReadonlySet<HandshakeSeen>, key: Key): Map<number | string, HandshakeSeen | undefined> {
  const found = new Map<number | string, HandshakeSeen | undefined>();
  for (const seen of all) {
    const value = key(seen);
    if (value !== undefined) found.set(value, found.has(value) ? undefined : seen);
  }
  return found;
}

/**
 * Tells timestamps that no other handshake comes near. Those of one clock for all connections are alike in SYNs that were sent
 * in the same millisecond: if of two one side lacks the first, and the other the second, they would be taken for one.
 */
function findLonely(all: readonly HandshakeSeen[]): (seen: HandshakeSeen) => boolean {
  const stamps = Float64Array.from(new Set(all.map(({ syns }) => syns[0]!.options.timestamp))).sort();
  return ({ syns }) => {
    const stamp = syns[0]!.options.timestamp;
    let [low, high] = [0, stamps.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (stamps[middle]! < stamp) low = middle + 1;
      else high = middle;
    }
    const isFar = (other: number | undefined) =>
      other === undefined || Math.abs(other - stamp) > NEIGHBOURING_STAMPS;
    return isFar(stamps[low - 1]) && isFar(stamps[low + 1]);
  };
}
