import type { BesideCounts, HostCounters, PingCounts } from './types.ts';

const COUNTED = ['hostCounters', 'farCounters'] as const;

/** Those of several seconds; left out if there are none. */
export function sumBeside(parts: readonly BesideCounts[]): BesideCounts {
  const sums: BesideCounts = {};
  for (const kind of COUNTED) {
    const counted = parts.flatMap(({ [kind]: counters }) => (counters === undefined ? [] : [counters]));
    if (counted.length > 0) sums[kind] = add(counted);
  }
  const pings = parts.flatMap((part) => (part.pings === undefined ? [] : [part.pings]));
  if (pings.length > 0) sums.pings = addPings(pings);
  return sums;
}

/** The rest of a frame. */
export function withoutBeside<T extends BesideCounts>(frame: T): Omit<T, keyof BesideCounts> {
  const { hostCounters: _, farCounters: __, pings: ___, ...rest } = frame;
  return rest;
}

function add(parts: readonly HostCounters[]): HostCounters {
  const sums: HostCounters = {};
  for (const counters of parts)
    for (const [name, count] of Object.entries(counters)) sums[name] = (sums[name] ?? 0) + count;
  return sums;
}

function addPings(parts: readonly Record<string, PingCounts>[]): Record<string, PingCounts> {
  const sums = new Map<string, PingCounts>();
  for (const part of parts) {
    for (const [address, counts] of Object.entries(part)) {
      const sum = sums.get(address);
      sums.set(address, sum === undefined ? { ...counts } : addCounts(sum, counts));
    }
  }
  return Object.fromEntries(sums);
}

function addCounts(a: PingCounts, b: PingCounts): PingCounts {
  const known = [a.minUs, b.minUs].filter((us) => us >= 0);
  return {
    sent: a.sent + b.sent,
    answered: a.answered + b.answered,
    sumUs: a.sumUs + b.sumUs,
    minUs: known.length === 0 ? -1 : Math.min(...known),
    maxUs: Math.max(a.maxUs, b.maxUs),
  };
}
