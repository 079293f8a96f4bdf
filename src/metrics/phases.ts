import type { AttemptRecord } from '../engine/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { COUNTER_AT } from './counts.ts';
import type { SeriesCounter } from './series-counter.ts';
import { TIMED_AT } from './types.ts';

/**
 * Counts challenges and times the segments between handshake and response, each from when the far end could begin it.
 */
export function recordPhases(series: SeriesCounter, record: Readonly<AttemptRecord>, outcome: Outcome): void {
  const { establishedAtUs, challengedAtUs, tunnelledAtUs, securedAtUs } = record;
  // Rejected credentials count as another challenge, whether or not one came before.
  if (outcome === 'auth-denied') series.add(COUNTER_AT.challenges);
  if (challengedAtUs >= 0) {
    series.add(COUNTER_AT.challenges);
    series.time(TIMED_AT.challenge, Math.round(challengedAtUs - lastBefore(challengedAtUs, record)));
  }
  if (tunnelledAtUs >= 0) {
    const askedAtUs =
      challengedAtUs >= 0 && challengedAtUs <= tunnelledAtUs ? challengedAtUs : establishedAtUs;
    series.time(TIMED_AT.tunnel, Math.round(tunnelledAtUs - askedAtUs));
  }
  if (securedAtUs >= 0) {
    series.time(
      TIMED_AT.tls,
      Math.round(securedAtUs - (tunnelledAtUs >= 0 ? tunnelledAtUs : establishedAtUs)),
    );
  }
}

/** When the challenged request was sent: as soon as there was a connection to send it over. */
function lastBefore(atUs: number, record: Readonly<AttemptRecord>): number {
  const { establishedAtUs, tunnelledAtUs, securedAtUs } = record;
  return Math.max(
    establishedAtUs,
    tunnelledAtUs <= atUs ? tunnelledAtUs : -1,
    securedAtUs <= atUs ? securedAtUs : -1,
  );
}
