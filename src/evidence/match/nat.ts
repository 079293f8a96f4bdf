import type { NatKind, SynChange } from '../../metrics/far.ts';
import type { Pair } from './types.ts';

/** Ports that a NAT gives one after the other: the next one, or one of the few after it. */
const NEXT_PORTS = 16;
/** Fewer pairs say nothing of how ports are chosen. */
const LEAST_PAIRS = 10;
/** Of pairs: so many are the rule. */
const RULE = 0.9;
/**
 * A NAT that preserves ports gives another one where that is taken (RFC 4787 section 4.2.1), under load to most; one that chooses by
 * itself hardly ever meets the same.
 */
const KEPT = 0.1;
const LEAST_KEPT = 5;

export interface NatSeen {
  readonly kind: NatKind;
  readonly portsKept: number;
  readonly externalAddresses: readonly string[];
}

/** Of so many random ports nine tenths do not ascend. */
const LEAST_STEPS = 20;

/**
 * How source ports of pairs were translated.
 * @param isSample there were handshakes between these, which were given the ports in between
 */
export function describeNat(pairs: readonly Pair[], isSample = false): NatSeen {
  const portsKept = pairs.filter(keptPort).length;
  const isTranslated = pairs.some(
    ({ near, far }) => near.client !== far.client || near.clientPort !== far.clientPort,
  );
  const externalAddresses = [...new Set(pairs.map(({ far }) => far.client))].sort();
  return { kind: kindOf(pairs, portsKept, isTranslated, isSample), portsKept, externalAddresses };
}

function kindOf(
  pairs: readonly Pair[],
  portsKept: number,
  isTranslated: boolean,
  isSample: boolean,
): NatKind {
  if (pairs.length < LEAST_PAIRS) return 'unknown';
  if (!isTranslated) return 'none';
  if (portsKept >= Math.max(LEAST_KEPT, pairs.length * KEPT)) return 'port-preserving';
  const byAddress = new Map<string, number>();
  let [steps, small, ascending] = [0, 0, 0];
  for (const { far } of pairs.toSorted((a, b) => a.far.syns[0]!.atUs - b.far.syns[0]!.atUs)) {
    const before = byAddress.get(far.client);
    byAddress.set(far.client, far.clientPort);
    if (before === undefined) continue;
    steps += 1;
    if (far.clientPort <= before) continue;
    ascending += 1;
    if (far.clientPort - before <= NEXT_PORTS) small += 1;
  }
  const isInTurn = small / steps >= RULE || (isSample && steps >= LEAST_STEPS && ascending / steps >= RULE);
  return isInTurn ? 'sequential' : 'random';
}

function keptPort({ near, far }: Pair): boolean {
  return near.clientPort === far.clientPort;
}

/** What of a SYN arrived otherwise than it left. */
export function changesOf({ near, far }: Pair): SynChange[] {
  const [sent, arrived] = [near.syns[0]!, far.syns[0]!];
  return [
    ...(sent.isn === arrived.isn ? [] : (['isn'] as const)),
    ...(sent.options.kinds === arrived.options.kinds ? [] : (['options'] as const)),
    ...(sent.options.mss === arrived.options.mss ? [] : (['mss'] as const)),
    ...(sent.trafficClass === arrived.trafficClass ? [] : (['trafficClass'] as const)),
  ];
}

/** How many of the pairs have each change. */
export function countChanges(pairs: readonly Pair[]): Record<SynChange, number> {
  const changed = { isn: 0, options: 0, mss: 0, trafficClass: 0 };
  for (const pair of pairs) for (const change of changesOf(pair)) changed[change] += 1;
  return changed;
}
