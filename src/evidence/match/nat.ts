import type { NatKind, SynChange } from '../../metrics/far.ts';
import { isStalled } from './near-sample.ts';
import type { Pair } from './types.ts';

/** Ports that a NAT gives one after the other: the next one, or one of the few after it. */
const NEXT_PORTS = 16;
/** Fewer pairs say nothing of how ports are chosen. */
const LEAST_PAIRS = 10;
/** Of pairs: so many are the rule. */
const RULE = 0.9;

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
  return { kind: kindOf(pairs, isTranslated, isSample), portsKept, externalAddresses };
}

function kindOf(pairs: readonly Pair[], isTranslated: boolean, isSample: boolean): NatKind {
  if (pairs.length < LEAST_PAIRS) return 'unknown';
  if (!isTranslated) return 'none';
  if (keepsPorts(pairs)) return 'port-preserving';
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

/**
 * Of attempts that a run kept, nearly all stalled, and a NAT that gives another port only where its own is taken may have kept just
 * those: the few that went well have to have kept theirs as well.
 */
function keepsPorts(pairs: readonly Pair[]): boolean {
  const stalled = pairs.filter(({ near }) => isStalled(near));
  const others = pairs.filter(({ near }) => !isStalled(near));
  return [pairs, stalled, others]
    .filter(({ length }) => length >= LEAST_PAIRS)
    .every((some) => some.filter(keptPort).length / some.length >= RULE);
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
