import type { Symptom } from '../observations/types.ts';
import { wilsonInterval } from '../wilson.ts';
import { percent } from './judgements.ts';

/** Fewer stalls have no spread over time, and fewer requests sent again no rate. */
export const FEWEST_STALLS = 20;
const FEWEST_RESENT = 5;

/** Up to this dispersion stalls look like those of a path that loses each packet with the same chance. */
export const LIKE_CHANCE = 1.6;

/** First bytes that come later than this after most handshakes waited for more than a path. */
const PROMPT_US = 150_000;

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
