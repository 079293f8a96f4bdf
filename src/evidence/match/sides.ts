import type { AnswerKind, ClockOffset, FarSyn, MatchedBy, SynChange } from '../../metrics/far.ts';
import { createHistogram, type Quantiles, quantilesOf, recordUs } from '../../metrics/histogram.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import { linkPackets } from './link-packets.ts';
import { countChanges, describeNat, type NatSeen } from './nat.ts';
import { isStalled } from './near-sample.ts';
import type { FarClock } from './offsets.ts';
import { tellSyns } from './tell-syns.ts';
import type { Matching, Pair } from './types.ts';

/** Stories told one by one. */
const MAX_STORIES = 1_000;

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
  readonly answered: readonly AnswerKind[];
  readonly received: readonly AnswerKind[];
  /** What became of each copy of the SYN; none where nothing is sure. */
  readonly syns: readonly FarSyn[];
}

/** Two captures of the same handshakes, compared. All of it was observed; none of it is a cause. */
export interface SidesReport {
  readonly matched: number;
  readonly nearAlone: number;
  readonly farAlone: number;
  /** Handshakes of the first capture that were not looked for, as there are too many to be held: others are a sample. */
  readonly nearLeftOut: number;
  readonly by: Readonly<Partial<Record<MatchedBy, number>>>;
  readonly clockOffset: ClockOffset | null;
  readonly nat: NatSeen;
  /** Time since the connection before from the same external address and port, as the far side saw it. */
  readonly reuseAgeUs: Quantiles;
  /** Handshakes met near by what the far side never sent. */
  readonly resetsInvented: number;
  readonly synAcksInvented: number;
  /** SYNs that arrived otherwise than they left. */
  readonly changed: Readonly<Record<SynChange, number>>;
  readonly stories: readonly Story[];
  readonly storiesLeftOut: number;
}

/** Sums up what two captures have in common, and where they differ. */
export function compareSides(matching: Matching, nearLeftOut = 0): SidesReport {
  const { pairs, nearAlone, farAlone, offset, clock } = matching;
  const stalled = pairs.filter(({ near }) => isStalled(near));
  const alone = nearAlone.filter(isStalled);
  const stories = [
    ...stalled.slice(0, MAX_STORIES).map((pair) => tell(pair, clock!)),
    ...alone.slice(0, Math.max(0, MAX_STORIES - stalled.length)).map(tellAlone),
  ];
  const ages = createHistogram();
  for (const { far } of pairs) {
    const us = far.syns[0]!.atUs - far.previousAtUs;
    if (!Number.isNaN(us)) recordUs(ages, us);
  }
  return {
    ...{ matched: pairs.length, nearAlone: nearAlone.length, farAlone, nearLeftOut },
    by: countBy(pairs.map(({ by }) => by)),
    clockOffset: offset ?? null,
    nat: describeNat(pairs, nearLeftOut > 0),
    reuseAgeUs: quantilesOf(ages),
    ...countInvented(pairs, clock),
    changed: countChanges(pairs),
    stories,
    storiesLeftOut: stalled.length + alone.length - stories.length,
  };
}

/** Pairs that were met near by an RST, or a SYN-ACK, that the far side never sent. */
export function countInvented(
  pairs: readonly Pair[],
  clock: FarClock | undefined,
): Pick<SidesReport, 'resetsInvented' | 'synAcksInvented'> {
  const counts = { resetsInvented: 0, synAcksInvented: 0 };
  if (clock === undefined) return counts;
  for (const pair of pairs) {
    const invented = [...linkPackets(pair, clock).invented];
    if (invented.some(({ kind }) => kind === 'rst') || isResetOnTheWay(pair)) counts.resetsInvented += 1;
    if (invented.some(({ kind }) => kind === 'syn-ack')) counts.synAcksInvented += 1;
  }
  return counts;
}

/** Whenever it came: a firewall may also cut what had been established. */
function isResetOnTheWay({ near, far }: Pair): boolean {
  return near.fromServer.rsts > 0 && far.fromServer.rsts === 0;
}

function tell(pair: Pair, clock: FarClock): Story {
  const { near, far } = pair;
  return {
    ...tellAlone(near),
    synsArrived: far.synCount,
    externalAddress: far.client,
    externalPort: far.clientPort,
    answered: far.answers.map(({ kind }) => kind),
    syns: tellSyns(pair, linkPackets(pair, clock), clock),
  };
}

function tellAlone({ client, clientPort, synCount, answers }: HandshakeSeen): Story {
  return {
    ...{ client, clientPort, synsSent: synCount, synsArrived: null },
    ...{ externalAddress: null, externalPort: null, answered: [], syns: [] },
    received: answers.map(({ kind }) => kind),
  };
}

function countBy<K extends string>(keys: readonly K[]): Partial<Record<K, number>> {
  const counts: Partial<Record<K, number>> = {};
  for (const key of keys) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}
