import type { AttemptRecord } from '../engine/types.ts';
import type { SeriesCounter } from './series-counter.ts';

/** Status of a proxy that asks for credentials (RFC 9110 section 15.5.8). */
const PROXY_ASKS = 407;

/**
 * Counts the responses to a connection's requests: a challenge and the response after it count as two. A response
 * counts once its status is read, whatever happens to the rest.
 */
export function countAnswers(series: SeriesCounter, record: Readonly<AttemptRecord>): void {
  const { phase, cause, status, challengeStatus, tunnelStatus } = record;
  if (challengeStatus !== 0) {
    const hasConnect = phase === 'tunnel' || record.isTunnelled === true;
    series.answered(challengeStatus, hasConnect && challengeStatus === PROXY_ASKS);
  }
  if (tunnelStatus !== 0) series.answered(tunnelStatus, true);
  // Nothing came after the challenge: the status is once more that of the challenge.
  const isCountedAlready = cause === 'challenged' && challengeStatus !== 0;
  if (!isCountedAlready && isFinal(status)) series.answered(status, phase === 'tunnel');
}

/** Interim responses precede the one that counts; 101 is final (RFC 9110 section 15.2). 0 if none was read. */
function isFinal(status: number): boolean {
  return status >= 200 || status === 101;
}
