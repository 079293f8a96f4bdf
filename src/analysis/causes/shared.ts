import { findLongPath } from '../long-path.ts';
import { hostOf, portOf } from '../observations/differences.ts';
import type { ArmSeen, Observations, Plateau, Symptom } from '../observations/types.ts';
import { peakOpen } from '../pool-time-series.ts';
import { wilsonInterval } from '../wilson.ts';
import { describeBand } from './clean-arms.ts';
import { describeFailedSearches, describeTableDrops } from './firewall-counters.ts';
import { contradicts, fewLie, NOTHING, percent, shareInGaps } from './judgements.ts';
import type { Judgement } from './types.ts';

/** Fewer stalls have no spread over time, and fewer requests sent again no rate. */
const FEWEST_STALLS = 20;
const FEWEST_RESENT = 5;

/** Up to this dispersion stalls look like those of a path that loses each packet with the same chance. */
const LIKE_CHANCE = 1.6;

/** First bytes that come later than this after most handshakes waited for more than a path. */
const PROMPT_US = 150_000;

/** A far end that refused so many SYNs, of those that stalled, has refused them all: resent SYNs are refused, too. */
const ALL_OF_THEM = 0.8;

/** Rests shorter than this cannot be told from a meter, by counts of seconds. */
const SHORT_REST_SEC = 3;

/** A level that differs by no more than this from second to second has no rest in it. */
const STEADY = 0.12;

/** That a clock of its own made room just as connections were closed must be this unlikely. */
export const COINCIDENCE = 0.05;

/** How near to each other numbers are that are the same limit, and how far apart rates that are not the same. */
const SAME_NUMBER = 0.15;
const RATES_APART = 1.5;
/** So many of the fillings agree. */
const MOSTLY = 0.7;

/** This machine's own drops account for the stalls from here on. */
const OWN_SHARE = 0.8;
const OWN_DROPS = [
  /^conntrack\.(drop|insert_failed)$/,
  /^IpOut(NoRoutes|Discards)$/,
  /^TcpExtTCPRetransFail$/,
];

/** Counters of this machine that tell of packets that never left it, or were thrown away as they came. */
export const DROPS = [
  /^TcpExtTCPRetransFail$/,
  /^Ip(Out(NoRoutes|Discards)|FragFails|InDiscards|ReasmFails)$/,
  /^conntrack\.(drop|insert_failed|early_drop|chaintoolong)$/,
  /\.(tx|rx)_(dropped|errors|fifo|carrier)$/,
  /\.qdisc_drops$/,
  /^softnet\.dropped$/,
];

/** A SYN and the ACK that follows it, a round trip later, meet the same queue within this; after it, another one. */
const APART_US = 5_000;

/** A SYN that stalls is sent again, and dropped again: more than this, for each stall, are not of this run alone. */
const COPIES = 10;

/** Times that timers are set to, seconds: what starts within a second or so of a hold and lasts as long ends with it. */
const ROUND_SEC = [5, 10, 15, 20, 30, 45, 60, 90, 120, 180, 240, 300, 600];
const NEAR_ROUND_SEC = 2.5;

export interface LossAccount {
  readonly resent: number;
  readonly measured: number;
  readonly text: string;
}

/**
 * Whether requests on established connections were lost as often as SYNs: then a path that loses any packet accounts for the stalls,
 * and nothing that looks at SYNs alone has any left to explain. Only where stalls are spread as chance does it, and first bytes
 * came promptly: a far end that is overloaded has both sent again as well.
 */
export function accountForLoss({ kind, arm, count, of }: Symptom): LossAccount | undefined {
  const { requestsResent: resent, service } = arm.summary;
  if (kind !== 'stalled' || resent === undefined || resent.count < FEWEST_RESENT || count < FEWEST_STALLS)
    return undefined;
  if (arm.dispersion === undefined || arm.dispersion > LIKE_CHANCE) return undefined;
  if (service.firstByteUs.p50 - service.handshakeUs.p50 > PROMPT_US) return undefined;
  const [low, high] = wilsonInterval(count, of);
  const [resentLow, resentHigh] = resent.ci95;
  // Both ways are lost on for both; more than twice as many stalls have another reason, far fewer are an accident.
  if (low > resentHigh * 2 || resentLow * 4 < low || high < resentLow / 4) return undefined;
  return {
    ...{ resent: resent.count, measured: resent.measured },
    text: `${resent.count} of ${resent.measured} requests on open connections were lost as well (${percent(resent.rate)}; handshakes ${percent(count / of)}), spread over time as chance does it`,
  };
}

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
  but?: 'loss' | 'path' | 'queue' | 'endpoint' | 'probe' | 'table' | 'nat' | 'reuse',
): Judgement[] {
  const table = but === 'table' ? undefined : describeTableDrops(symptom, seen);
  if (symptom.kind !== 'stalled') return table === undefined ? NOTHING : contradicts(table);
  const loss =
    but === 'loss' || mayLookLikeLoss(symptom, seen, but) ? undefined : accountForLoss(symptom)?.text;
  const long = but === 'path' ? undefined : describeLongPath(symptom);
  const queue = but === 'queue' ? undefined : describeOverflows(seen);
  const endpoint = but === 'endpoint' ? undefined : describeDeadEndpoint(symptom, seen);
  const own = but === 'probe' ? undefined : describeOwnDrops(seen);
  const nat = but === 'nat' ? undefined : describeFailedSearches(symptom, seen);
  const reuse = but === 'reuse' ? undefined : describeBand(symptom, seen);
  return [loss, long, queue, endpoint, own, table, nat, reuse].flatMap((text) =>
    text === undefined ? [] : contradicts(text),
  );
}

/**
 * Packets of open connections are lost as SYNs are also where this machine itself drops them, which its counters tell; and in front of
 * a queue that is full now and then, if the last ACK comes so long after the SYN that the two fare independently.
 */
function mayLookLikeLoss({ arm }: Symptom, { far, near }: Observations, but?: string): boolean {
  if (but === 'queue')
    return far === undefined && (arm.summary.rttUs?.p50 ?? Number.POSITIVE_INFINITY) > APART_US;
  return but === 'probe' && (near === undefined || countOwnDrops(near) > 0);
}

/** Packets that this machine's own counters tell of: they never left it, or were thrown away as they came. */
export function countOwnDrops(near: NonNullable<Observations['near']>): number {
  return Object.entries(near).reduce(
    (sum, [name, count]) => sum + (count > 0 && DROPS.some((pattern) => pattern.test(name)) ? count : 0),
    0,
  );
}

/** That this machine dropped as many itself as handshakes stalled. */
export function describeOwnDrops({ near = {}, ownDrops, arms, engine }: Observations): string | undefined {
  const stalls = arms.reduce((sum, { stalled }) => sum + stalled, 0);
  const counted =
    engine === 'packet'
      ? []
      : Object.entries(near).filter(([name, count]) => count > 0 && OWN_DROPS.some((one) => one.test(name)));
  const dropped = Math.max(
    ownDrops,
    counted.reduce((sum, [, count]) => sum + count, 0),
  );
  if (dropped === 0 || dropped < stalls * OWN_SHARE || dropped > stalls * COPIES) return undefined;
  const names = counted.map(([name, count]) => `${name} ${count}`).join(', ');
  return `this machine itself dropped ${dropped} packets${names === '' ? '' : ` (${names})`}, for ${stalls} stalls`;
}

/** That the far end's own queue accounts for the stalls: what was refused there had arrived. */
function describeOverflows(seen: Observations): string | undefined {
  const overflows = countOverflows(seen) ?? 0;
  const stalls = allStalls(seen);
  return overflows > 0 && overflows >= stalls * ALL_OF_THEM && overflows <= stalls * COPIES
    ? `the far end counted ${overflows} SYNs and ACKs that found its queue full, for ${stalls} stalls: they had arrived`
    : undefined;
}

/** What hits all endpoints, or spares some attempts of each, does not make one of several fail from first to last. */
export function describeDeadEndpoint({ arm }: Symptom, { findings }: Observations): string | undefined {
  const only = findings.find((finding) => finding.kind === 'one-endpoint' && finding.arm === arm.name);
  const counts = only === undefined ? undefined : arm.summary.endpoints[String(only.endpoint)];
  return counts?.established === 0 && counts.started >= 20
    ? `none of ${counts.started} connections to ${only!.endpoint} was ever established, and none of those to the others stalled`
    : undefined;
}

/** What leaves room only for something that is counted up: a clock of its own knows nothing of that. */
export function describeFilling({ arm }: Pick<Symptom, 'arm'>): string | undefined {
  const room = roomCameWithClose(arm);
  if (room !== undefined) return room;
  const same = isShut(arm) ? sameAtEachRate(arm) : undefined;
  return same === undefined
    ? undefined
    : `it was full ${same.times} times with about ${arm.held!.most}, whether ${same.rates.join(' or ')}/s were tried`;
}

/**
 * That there was room as the first connections were closed, and hardly by accident: a timer that began as it was full would have to
 * be of just that length, and people set timers to round times.
 */
export function roomCameWithClose(arm: ArmSeen): string | undefined {
  const { held } = arm;
  if (held === undefined || !isShut(arm)) return undefined;
  const { most, coincidence, release, shortForSec } = held;
  const isRound = ROUND_SEC.some((round) => Math.abs(round - shortForSec) <= NEAR_ROUND_SEC);
  return release !== undefined && release.highSec <= 1 && coincidence <= COINCIDENCE && !isRound
    ? `it came as ${most} were open, and ended as the first of them were closed`
    : undefined;
}

export function isSteady({ spread }: Plateau): boolean {
  return spread <= STEADY;
}

/** That it was full with the same number each time, though not as many a second were tried: a clock knows nothing of that. */
export function sameAtEachRate({
  held,
}: ArmSeen): { readonly times: number; readonly rates: readonly number[] } | undefined {
  const { most = 0, fillings = [] } = held ?? {};
  const same = fillings.filter(({ count }) => Math.abs(count - most) <= Math.max(2, most * SAME_NUMBER));
  const rates = same.map(({ perSec }) => Math.round(perSec));
  const [least, greatest] = [Math.min(...rates), Math.max(...rates)];
  return same.length >= 2 && same.length >= fillings.length * MOSTLY && greatest >= least * RATES_APART
    ? { times: same.length, rates: [greatest, least] }
    : undefined;
}

/** Hardly anything got in between filling and the first close: what was tried then is enough to say so. */
export function isShut({ held }: ArmSeen): boolean {
  return (
    held !== undefined &&
    held.startedMeanwhile >= 20 &&
    held.establishedMeanwhile <= held.startedMeanwhile * 0.02
  );
}

/** Starts in gaps, and how many of them came through. */
export function passedInGaps({ arm }: Symptom): { readonly started: number; readonly passed: number } {
  const started = arm.gaps.reduce((sum, gap) => sum + gap.started, 0);
  const bad = arm.gaps.reduce((sum, gap) => sum + gap.stalled + gap.refused, 0);
  return { started, passed: Math.max(0, started - bad) };
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

/** Against what spares some: nothing at all was ever established. */
export function nothingPassed({ arm, count, of }: Symptom): string | undefined {
  return of >= 50 && arm.summary.established === 0 && count >= of * 0.98
    ? `not one of ${of} got through, from the first to the last`
    : undefined;
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
