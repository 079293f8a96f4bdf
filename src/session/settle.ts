import type { Scenario } from '../scenario/types.ts';

/** With one check a second, any event is known within this time. */
const NOTICE_SEC = 3;

/** How long after a second it is certain whether it counts: its attempts have ended, and any event has been noticed. */
export function settleSecOf({ arms }: Scenario): number {
  const longestUs = Math.max(...arms.map(({ handshakeTimeoutUs }) => handshakeTimeoutUs));
  return Math.ceil(longestUs / 1_000_000) + NOTICE_SEC;
}
