import type { Arm } from '../../scenario/types.ts';
import type { ArmSummary } from '../types.ts';
import type { Finder, FoundAt } from './finder.ts';
import { formatShare } from './words.ts';

/** Fewer may be chance's: any path loses a segment now and then. */
const LEAST_COUNT = 3;
const LEAST_RATE = 0.001;

export const requestsResent: Finder = {
  inArm: (arm, { arms }) => findRequestsResent(arm, arms[arm.name]!),
};

/**
 * Requests that were sent again after the handshake, as nothing had acknowledged them: no handshake shows that loss.
 */
export function findRequestsResent(arm: Arm, { requestsResent }: ArmSummary): FoundAt[] {
  if (requestsResent === undefined) return [];
  const { count, measured, rate, ci95 } = requestsResent;
  if (count < LEAST_COUNT || rate < LEAST_RATE) return [];
  const [low, high] = ci95.map(formatShare);
  const share = `${formatShare(rate)} of`;
  const counts = `(${count} of ${measured})`;
  // A browser's connection carries many requests.
  const what =
    arm.load.kind === 'browsers'
      ? `${share} connections ${counts} retransmitted a request after the handshake`
      : `${share} requests ${counts} were retransmitted after the handshake`;
  return [
    {
      kind: 'requests-resent',
      arm: arm.name,
      confidence: 'high',
      ...{ count, measured },
      text: `${what}: between ${low} and ${high} with 95 % confidence`,
    },
  ];
}
