import { LIKE_CHANCE } from '../observations/dispersion.ts';
import { countHoles, countResponsesResent, FEWEST_HOLES } from '../observations/segments.ts';
import type { Observations, Symptom } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { fatesOf, MOST, percent } from './judgements.ts';

/** Fewer stalls have no spread over time, and fewer requests sent again no rate. */
export const FEWEST_STALLS = 20;
const FEWEST_RESENT = 5;

/** First bytes that come later than this after most handshakes waited for more than a path. */
const PROMPT_US = 150_000;

/** Segments of one connection, at most. */
const MOST_SEGMENTS = 10;

interface LossAccount {
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

/**
 * That what comes from the far end is lost as often as its SYN-ACKs are: they left, and did not arrive, spread as chance does it; and the
 * far end sent a like share of what came after them again, or, where that is not known, as much came with a hole before it.
 */
export function describeLossTowardsHere(symptom: Symptom, seen: Observations): string | undefined {
  const { arm, count, of, kind } = symptom;
  if (kind !== 'stalled' || count < FEWEST_STALLS || (arm.dispersion ?? Infinity) > LIKE_CHANCE)
    return undefined;
  const established = seen.arms.reduce((sum, one) => sum + one.summary.established, 0);
  const again = countResponsesResent(seen);
  const holes = countHoles(seen);
  const resent = again ?? holes;
  if (resent < FEWEST_HOLES || (again !== undefined && !areSynAcksLost(symptom, seen))) return undefined;
  // A few segments for each connection are lost with the same chance each; far fewer are an accident.
  const [share, lost] = [count / of, resent / Math.max(1, established)];
  if (lost < share / 4 || lost > share * MOST_SEGMENTS) return undefined;
  const what =
    again === undefined
      ? `${holes} segments came with a hole before them`
      : `the far end sent ${again} segments again that were no SYN-ACKs`;
  return `${what}, on ${established} connections (${percent(lost)}; handshakes ${percent(share)}), spread over time as chance does it`;
}

/** That SYN-ACKs of the far side did not arrive here, as both sides captured it. */
export function areSynAcksLost(symptom: Symptom, seen: Observations): boolean {
  const fates = fatesOf(symptom, seen);
  return fates !== undefined && (fates.counts.get('syn-ack-lost') ?? 0) >= fates.matched * MOST;
}
