import { createHistogram, type Quantiles, quantilesOf, recordUs } from '../../metrics/histogram.ts';
import type { AnswerSeen, HandshakeSeen } from '../handshakes/types.ts';
import { judge } from '../pcap/judge.ts';
import type { ClockOffset, Matching, Pair } from './types.ts';

/** Stories told one by one. */
const MAX_STORIES = 1_000;
/** Ports that a NAT gives one after the other: the next one, or one of the few after it. */
const NEXT_PORTS = 16;
/** Fewer pairs say nothing of how ports are chosen. */
const LEAST_PAIRS = 10;

/** What both sides saw of a stalled handshake. */
export interface Story {
  readonly client: string;
  readonly clientPort: number;
  /** SYNs that left, and those that arrived; null: nothing at the far side is sure to belong to it. */
  readonly synsSent: number;
  readonly synsArrived: number | null;
  /** From where they arrived. */
  readonly externalAddress: string | null;
  readonly externalPort: number | null;
  /** What the far side answered, and what of it came back, in their order. */
  readonly answered: readonly AnswerSeen['kind'][];
  readonly received: readonly AnswerSeen['kind'][];
}

/** Two captures of the same handshakes, compared. All of it was observed; none of it is a cause. */
export interface SidesReport {
  readonly matched: number;
  readonly nearAlone: number;
  readonly farAlone: number;
  readonly by: Readonly<Partial<Record<Pair['by'], number>>>;
  readonly clockOffset: ClockOffset | null;
  /** How source ports of pairs were translated; `none`: neither addresses nor ports were. */
  readonly nat: {
    readonly kind: 'none' | 'port-preserving' | 'sequential' | 'random' | 'unknown';
    readonly portsKept: number;
    readonly externalAddresses: readonly string[];
  };
  /** Time since the connection before from the same external address and port, as the far side saw it. */
  readonly reuseAgeUs: Quantiles;
  /** Handshakes met near by what the far side never sent. */
  readonly resetsInvented: number;
  readonly synAcksInvented: number;
  /** SYNs that arrived otherwise than they left. */
  readonly changed: Readonly<Record<'isn' | 'options' | 'mss' | 'trafficClass', number>>;
  readonly stories: readonly Story[];
  readonly storiesLeftOut: number;
}

/** Sums up what two captures have in common, and where they differ. */
export function compareSides({ pairs, nearAlone, farAlone, offset }: Matching): SidesReport {
  const stories = [
    ...pairs.filter(({ near }) => isStalled(near)).map(({ near, far }) => tell(near, far)),
    ...nearAlone.filter(isStalled).map((near) => tell(near, undefined)),
  ];
  const ages = createHistogram();
  for (const { far } of pairs) {
    const us = far.syns[0]!.atUs - far.previousAtUs;
    if (!Number.isNaN(us)) recordUs(ages, us);
  }
  return {
    ...{ matched: pairs.length, nearAlone: nearAlone.length, farAlone: farAlone.length },
    by: countBy(pairs.map(({ by }) => by)),
    clockOffset: offset ?? null,
    nat: describeNat(pairs),
    reuseAgeUs: quantilesOf(ages),
    resetsInvented: pairs.filter(({ near, far }) => near.fromServer.rsts > 0 && far.fromServer.rsts === 0)
      .length,
    synAcksInvented: pairs.filter(({ near, far }) => has(near, 'syn-ack') && !has(far, 'syn-ack')).length,
    changed: countChanges(pairs),
    stories: stories.slice(0, MAX_STORIES),
    storiesLeftOut: Math.max(0, stories.length - MAX_STORIES),
  };
}

function isStalled(seen: HandshakeSeen): boolean {
  const verdict = judge(seen);
  return verdict === 'recovered' || verdict === 'frozen';
}

function tell(near: HandshakeSeen, far: HandshakeSeen | undefined): Story {
  return {
    ...{ client: near.client, clientPort: near.clientPort, synsSent: near.synCount },
    synsArrived: far?.synCount ?? null,
    externalAddress: far?.client ?? null,
    externalPort: far?.clientPort ?? null,
    answered: far?.answers.map(({ kind }) => kind) ?? [],
    received: near.answers.map(({ kind }) => kind),
  };
}

function has({ answers }: HandshakeSeen, kind: AnswerSeen['kind']): boolean {
  return answers.some((answer) => answer.kind === kind);
}

function describeNat(pairs: readonly Pair[]): SidesReport['nat'] {
  const portsKept = pairs.filter(({ near, far }) => near.clientPort === far.clientPort).length;
  const isTranslated = pairs.some(
    ({ near, far }) => near.client !== far.client || near.clientPort !== far.clientPort,
  );
  const externalAddresses = [...new Set(pairs.map(({ far }) => far.client))].sort();
  return { kind: kindOf(pairs, portsKept, isTranslated), portsKept, externalAddresses };
}

function kindOf(
  pairs: readonly Pair[],
  portsKept: number,
  isTranslated: boolean,
): SidesReport['nat']['kind'] {
  if (pairs.length < LEAST_PAIRS) return 'unknown';
  if (!isTranslated) return 'none';
  if (portsKept / pairs.length >= 0.9) return 'port-preserving';
  const byAddress = new Map<string, number>();
  let [steps, small] = [0, 0];
  for (const { far } of pairs.toSorted((a, b) => a.far.syns[0]!.atUs - b.far.syns[0]!.atUs)) {
    const before = byAddress.get(far.client);
    byAddress.set(far.client, far.clientPort);
    if (before === undefined) continue;
    steps += 1;
    if (far.clientPort > before && far.clientPort - before <= NEXT_PORTS) small += 1;
  }
  return small / steps >= 0.9 ? 'sequential' : 'random';
}

function countChanges(pairs: readonly Pair[]): SidesReport['changed'] {
  const changed = { isn: 0, options: 0, mss: 0, trafficClass: 0 };
  for (const { near, far } of pairs) {
    const [sent, arrived] = [near.syns[0]!, far.syns[0]!];
    if (sent.isn !== arrived.isn) changed.isn += 1;
    if (sent.options.kinds !== arrived.options.kinds) changed.options += 1;
    if (sent.options.mss !== arrived.options.mss) changed.mss += 1;
    if (sent.trafficClass !== arrived.trafficClass) changed.trafficClass += 1;
  }
  return changed;
}

function countBy<K extends string>(keys: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
