import { findLongPath } from '../long-path.ts';
import { hostOf, portOf } from '../observations/differences.ts';
import type { Observations, Plateau, Symptom } from '../observations/types.ts';
import { peakOpen } from '../pool-time-series.ts';
import { describeRefusedByChance } from './by-chance.ts';
import { describeByFlow } from './by-flow.ts';
import { describeBand } from './clean-arms.ts';
import { describeUnlikeOthers } from './clients-alone.ts';
import { describeDownTimes } from './down-times.ts';
import { describeFailedSearches, describeTableDrops } from './firewall-counters.ts';
import { contradicts, fatesOf, fewLie, MOST, NOTHING, shareInGaps } from './judgements.ts';
import { accountForLoss, describeLossTowardsHere, FEWEST_STALLS } from './loss-account.ts';
import { describeMeter } from './meter.ts';
import { describeOwnClock } from './own-clock.ts';
import { COPIES, countOwnDrops, describeOwnDrops, describeUnseen } from './own-drops.ts';
import { describePortsTaken } from './ports-taken.ts';
import { describeRejected } from './refusals.ts';
import { describeUnclosedRoom } from './room.ts';
import type { Judgement } from './types.ts';
import { describeUntaken } from './untaken.ts';

/** A far end that refused so many SYNs, of those that stalled, has refused them all: resent SYNs are refused, too. */
const ALL_OF_THEM = 0.8;

/** Causes that may tell one connection from another by its addresses and ports, so that a SYN sent again fares no better. */
const BY_FLOW: readonly string[] = ['flow', 'reuse', 'held', 'endpoint', 'probe'];

/** Fewer stalls of an arm are chance's, on any path. */
const FEWEST_ILL = 3;

/** Rests shorter than this cannot be told from a meter, by counts of seconds. */
const SHORT_REST_SEC = 3;

/** A level that differs by no more than this from second to second has no rest in it. */
const STEADY = 0.12;

/** A SYN and the ACK that follows it, a round trip later, meet the same queue within this; after it, another one. */
const APART_US = 5_000;

/** Whether all stalls are a path's whose round trip is longer than the first SYN's timer, as its timestamps show. */
export function describeLongPath({ kind, arm }: Symptom): string | undefined {
  if (kind !== 'stalled' || findLongPath(arm.arm, arm.summary).length === 0) return undefined;
  const { rttUs, service } = arm.summary;
  if (rttUs === undefined || rttUs.count === 0 || rttUs.min < service.handshakeUs.min * 0.7) return undefined;
  // Responses that are quicker than the handshake: something keeps SYN-ACKs back, and the path is short.
  const { firstByteUs, handshakeUs } = service;
  if (firstByteUs.count > 0 && firstByteUs.p50 - handshakeUs.p50 < rttUs.min * 0.7) return undefined;
  return `every handshake took ${sec(service.handshakeUs.min)} or longer, and so did the round trip of its answer (tcpi_rtt ${sec(rttUs.min)} or longer)`;
}

/** SYNs and last ACKs that found a queue of the far end full; undefined where its counters are not known. */
export function countOverflows({ far }: Observations): number | undefined {
  if (far === undefined) return undefined;
  return (
    Math.max(far['TcpExtListenDrops'] ?? 0, far['TcpExtListenOverflows'] ?? 0) +
    (far['TcpExtTCPReqQFullDrop'] ?? 0)
  );
}

/**
 * Whether all that stalled was sent to one endpoint: counters of a whole host do not say which of its ports, or whether another host,
 * had what they count.
 */
function stalledAtOneEndpoint({ arms }: Observations): boolean {
  const endpoints = arms
    .filter(({ stalled }) => stalled >= FEWEST_ILL)
    .flatMap(({ summary }) => Object.keys(summary.endpoints));
  return new Set(endpoints).size === 1;
}

export function allStalls({ arms }: Observations): number {
  return arms.reduce((sum, { stalled }) => sum + stalled, 0);
}

/**
 * What leaves nothing to explain for anything else that drops SYNs.
 * @param but what the cause itself is
 */
export function explainedOtherwise(
  symptom: Symptom,
  seen: Observations,
  but?:
    | 'loss'
    | 'path'
    | 'queue'
    | 'endpoint'
    | 'probe'
    | 'table'
    | 'nat'
    | 'reuse'
    | 'held'
    | 'rule'
    | 'client'
    | 'rate'
    | 'clock'
    | 'flow',
): Judgement[] {
  const table = but === 'table' ? undefined : describeTableDrops(symptom, seen);
  const endpoint = but === 'endpoint' ? undefined : describeDeadEndpoint(symptom);
  if (symptom.kind !== 'stalled')
    return [
      table,
      endpoint,
      describeRefusedByChance(symptom, seen),
      describeDownTimes(symptom, seen),
    ].flatMap((text) => (text === undefined ? [] : contradicts(text)));
  const kind = but === 'client' ? undefined : describeUnlikeOthers(symptom, seen);
  const rule = but === 'rule' ? undefined : describeRejected(symptom);
  const loss =
    but === 'loss'
      ? undefined
      : ((mayLookLikeLoss(symptom, seen, but) ? undefined : accountForLoss(symptom)?.text) ??
        describeLossTowardsHere(symptom, seen));
  const long = but === 'path' ? undefined : describeLongPath(symptom);
  const queue =
    but === 'queue' ? undefined : (describeOverflows(symptom, seen) ?? describeUntaken(symptom, seen));
  const own = but === 'probe' ? undefined : (describeOwnDrops(seen) ?? describeUnseen(symptom));
  const nat =
    but === 'nat' ? undefined : (describeFailedSearches(symptom, seen) ?? describePortsTaken(symptom, seen));
  const reuse = but === 'reuse' ? undefined : describeBand(symptom, seen);
  const meter = but === 'rate' ? undefined : describeMeter(symptom, seen);
  const clock = but === 'clock' ? undefined : describeOwnClock(symptom, seen);
  // What goes by addresses and ports, and what this machine drops itself, may be so.
  const goesByFlow = but !== undefined && BY_FLOW.includes(but);
  const flow = goesByFlow ? undefined : describeByFlow(symptom, seen)?.text;
  return [flow, loss, long, queue, endpoint, own, table, nat, reuse, rule, kind, meter, clock].flatMap(
    (text) => (text === undefined ? [] : contradicts(text)),
  );
}

/**
 * Packets of open connections are lost as SYNs are also where this machine itself drops them, which its counters tell; and in front of
 * a queue that is full now and then, if its counters tell of as many, or the last ACK comes so long after the SYN that the two fare
 * independently.
 */
function mayLookLikeLoss(symptom: Symptom, seen: Observations, but?: string): boolean {
  const { far, near } = seen;
  if (but === 'queue') {
    if (far !== undefined) return describeOverflows(symptom, seen) !== undefined;
    return (symptom.arm.summary.rttUs?.p50 ?? Number.POSITIVE_INFINITY) > APART_US;
  }
  return but === 'probe' && (near === undefined || countOwnDrops(near) > 0);
}

/**
 * Whether the far end's counters of full queues are of these SYNs: all that stalled was sent to one endpoint, or these were seen to arrive
 * there, and were not answered.
 */
export function isOfThatQueue(symptom: Symptom, seen: Observations): boolean {
  if (stalledAtOneEndpoint(seen)) return true;
  const fates = fatesOf(symptom, seen);
  return fates !== undefined && (fates.counts.get('unanswered') ?? 0) >= fates.matched * MOST;
}

/** That the far end's own queue accounts for the stalls: what was refused there had arrived. */
function describeOverflows(symptom: Symptom, seen: Observations): string | undefined {
  const overflows = countOverflows(seen) ?? 0;
  const stalls = allStalls(seen);
  return isOfThatQueue(symptom, seen) &&
    overflows > 0 &&
    overflows >= stalls * ALL_OF_THEM &&
    overflows <= stalls * COPIES
    ? `the far end counted ${overflows} SYNs and ACKs that found its queue full, for ${stalls} stalls: they had arrived`
    : undefined;
}

/** Fewer connections to an address do not say that it is dead; and of those to the others, so few may have failed. */
const FEWEST_TO_DEAD = 20;
const OTHERS_FAILED = 0.02;

/** What hits all endpoints, or spares some attempts of each, does not make one of several fail from first to last. */
export function describeDeadEndpoint({ arm }: Pick<Symptom, 'arm'>): string | undefined {
  const endpoints = Object.entries(arm.summary.endpoints).filter(([, { started }]) => started > 0);
  const [dead, ...more] = endpoints.filter(([, { established }]) => established === 0);
  if (dead === undefined || more.length > 0 || endpoints.length < 2) return undefined;
  const [name, { started }] = dead;
  const others = endpoints.filter(([other]) => other !== name).map(([, counts]) => counts);
  const tried = others.reduce((sum, one) => sum + one.started, 0);
  const failed = others.reduce((sum, one) => sum + one.started - one.established + one.stalled, 0);
  return started >= FEWEST_TO_DEAD && tried >= FEWEST_TO_DEAD && failed <= tried * OTHERS_FAILED
    ? `none of ${started} connections to ${name} was ever established; of ${tried} to the others ${failed === 0 ? 'none' : failed} failed or stalled`
    : undefined;
}

/** Against what counts what is open, or hands out what it gets back. */
export function excludeCounted(symptom: Symptom, seen: Observations): Judgement[] {
  const room = describeUnclosedRoom(symptom, seen);
  return room === undefined ? NOTHING : contradicts(room);
}

export function isSteady({ spread }: Plateau): boolean {
  return spread <= STEADY;
}

/** Starts enough to say how many of them get through. */
const ENOUGH_STARTS = 50;

/** Starts in gaps, and how many of them came through; in whole seconds of them, where those have enough. */
export function passedInGaps({ arm }: Symptom): { readonly started: number; readonly passed: number } {
  const inside = sumOf(
    [...arm.series.bySecond].flatMap(([second, counts]) =>
      arm.gaps.some(({ fromSec, toSec }) => second >= fromSec && second + 1 <= toSec) ? counts : [],
    ),
  );
  const { started, bad } = inside.started >= ENOUGH_STARTS ? inside : sumOf(arm.gaps);
  return { started, passed: Math.max(0, started - bad) };
}

function sumOf(
  parts: readonly { readonly started: number; readonly stalled: number; readonly refused: number }[],
): { readonly started: number; readonly bad: number } {
  return {
    started: parts.reduce((sum, part) => sum + part.started, 0),
    bad: parts.reduce((sum, { stalled, refused }) => sum + stalled + refused, 0),
  };
}

/** Against what drops everything for a time: stalls that are scattered among starts that went well. */
export function expectGaps(symptom: Symptom): Judgement[] {
  const share = shareInGaps(symptom);
  if (symptom.count < FEWEST_STALLS || share >= 0.5) return NOTHING;
  return contradicts(
    `${fewLie(share, 'them')} in seconds in which nearly all starts failed: others got through beside the rest`,
  );
}

/**
 * Against whatever has room for so many and lets each rest: more were open at once than would go with a rest that counts of seconds
 * could hide, and from second to second the same number got through.
 */
export function excludePool({ arm }: Symptom, { arms }: Observations): Judgement[] {
  const { plateau } = arm;
  if (plateau === undefined || !isSteady(plateau)) return NOTHING;
  const endpoints = new Set(Object.keys(arm.summary.endpoints));
  const open = arms
    .filter(
      ({ arm: { holdUs }, summary }) =>
        holdUs > 0 && Object.keys(summary.endpoints).every((one) => endpoints.has(one)),
    )
    .reduce((sum, { series, arm: { holdUs } }) => sum + peakOpen(series, holdUs), 0);
  if (open < plateau.establishedPerSec * SHORT_REST_SEC) return NOTHING;
  return contradicts(
    `${open} were held open at once, and beside them ${plateau.establishedPerSec}/s got through, the same in every second: what has so much room and lets each place rest would swing`,
  );
}

/** What spares so many of others leaves none of these only once in so many runs. */
const BY_CHANCE = 0.001;

/**
 * Against what spares some: nothing at all was ever established, though enough of the others did in the same seconds, if any did, for it to
 * be no chance.
 */
export function nothingPassed({ arm, count, of }: Symptom, { arms }: Observations): string | undefined {
  if (of < 50 || arm.summary.established > 0 || count < of * 0.98) return undefined;
  const others = sumOf(
    arms.flatMap((other) =>
      other === arm
        ? []
        : [...other.series.bySecond].flatMap(([second, counts]) => {
            return (arm.series.bySecond.get(second)?.started ?? 0) > 0 ? [counts] : [];
          }),
    ),
  );
  const share = Math.max(0, others.started - others.bad) / Math.max(1, others.started);
  return share > 0 && (1 - share) ** of > BY_CHANCE
    ? undefined
    : `not one of ${of} got through, from the first to the last`;
}

export function endpointsOf({ arm }: Symptom): readonly { readonly host: string; readonly port: string }[] {
  return Object.keys(arm.summary.endpoints).map((endpoint) => ({
    host: hostOf(endpoint),
    port: portOf(endpoint),
  }));
}

function sec(us: number): string {
  return us < 1_000_000 ? `${Math.round(us / 1_000)} ms` : `${Math.round(us / 10_000) / 100} s`;
}
