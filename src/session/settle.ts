import type { Scenario } from '../scenario/types.ts';

/** Looking once a second, it is known this much later at most what happened. */
const NOTICE_SEC = 3;

/** How long after a second it is settled whether it counts: what began in it has turned out, and news have come. */
export function settleSecOf({ arms }: Scenario): number {
  const longestUs = Math.max(...arms.map(({ handshakeTimeoutUs }) => handshakeTimeoutUs));
  return Math.ceil(longestUs / 1_000_000) + NOTICE_SEC;
}
