import type { FarAttempt } from '../../metrics/far.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import type { FarClock } from '../match/offsets.ts';
import type { Matching, Pair } from '../match/types.ts';
import type { KeptAttempt } from './kept-attempts.ts';
import { tellAlone, tellPair } from './tell-attempt.ts';

/** Fewer pairs do not show that the way in between leaves sequence numbers as they are. */
const LEAST_PAIRS = 10;

/** First and last packet of the far capture, by its own clock. */
export interface Bounds {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What both sides saw of each attempt, in their order. */
export function tellAttempts(
  kept: readonly KeptAttempt[],
  { pairs, clock }: Matching,
  bounds: Bounds,
): FarAttempt[] {
  const pairOf = new Map(pairs.map((pair) => [pair.near, pair]));
  const keepsNumbers =
    pairs.length >= LEAST_PAIRS && pairs.every(({ near, far }) => near.syns[0]!.isn === far.syns[0]!.isn);
  return kept.map((one) => {
    const pair: Pair | undefined = one.near === undefined ? undefined : pairOf.get(one.near);
    if (pair !== undefined) return tellPair(one, pair, clock!);
    const wouldBeSeen = keepsNumbers && one.near !== undefined && isWithin(one.near, clock!, bounds);
    return tellAlone(one, wouldBeSeen ? 'not-seen' : 'unmatched');
  });
}

/** Whether the far side was capturing when a handshake's SYNs would have arrived, all of them. */
function isWithin({ syns }: HandshakeSeen, clock: FarClock, { fromUs, toUs }: Bounds): boolean {
  return syns.every(({ atUs }) => {
    const arrivalUs = clock.arrivalUs(atUs);
    return arrivalUs >= fromUs && arrivalUs <= toUs;
  });
}
