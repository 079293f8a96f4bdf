import type { FarAttempt } from '../../metrics/far.ts';
import type { HandshakeSeen } from '../handshakes/types.ts';
import type { FarClock } from '../match/offsets.ts';
import type { Matching, Pair } from '../match/types.ts';
import type { KeptAttempt } from './kept-attempts.ts';
import { tellAlone, tellPair } from './tell-attempt.ts';

/** Fewer pairs do not show that the way in between leaves sequence numbers as they are. */
const LEAST_PAIRS = 10;

/** What was found at one far host. */
export interface FoundThere {
  readonly matching: Matching;
  /** First and last packet that it captured, by its own clock. */
  readonly bounds: Bounds;
}

export interface Bounds {
  readonly fromUs: number;
  readonly toUs: number;
}

/** What both sides saw of each attempt, in their order. */
export function tellAttempts(kept: readonly KeptAttempt[], hosts: readonly FoundThere[]): FarAttempt[] {
  const pairOf = new Map<HandshakeSeen, { pair: Pair; clock: FarClock }>();
  for (const { matching } of hosts)
    for (const pair of matching.pairs) pairOf.set(pair.near, { pair, clock: matching.clock! });
  const keepNumbers = hosts.every(({ matching }) => keepsNumbers(matching));
  return kept.map((one) => {
    const { near } = one;
    const found = near === undefined ? undefined : pairOf.get(near);
    if (found !== undefined) return tellPair(one, found.pair, found.clock);
    // Which host it was meant for is not known: each has to have been capturing.
    const wouldBeSeen =
      keepNumbers &&
      near !== undefined &&
      hosts.every(({ matching, bounds }) => isWithin(near, matching.clock!, bounds));
    return tellAlone(one, wouldBeSeen ? 'not-seen' : 'unmatched');
  });
}

function keepsNumbers({ pairs }: Matching): boolean {
  return (
    pairs.length >= LEAST_PAIRS && pairs.every(({ near, far }) => near.syns[0]!.isn === far.syns[0]!.isn)
  );
}

/** Whether the far side was capturing when a handshake's SYNs would have arrived, all of them. */
function isWithin({ syns }: HandshakeSeen, clock: FarClock, { fromUs, toUs }: Bounds): boolean {
  return syns.every(({ atUs }) => {
    const arrivalUs = clock.arrivalUs(atUs);
    return arrivalUs >= fromUs && arrivalUs <= toUs;
  });
}
