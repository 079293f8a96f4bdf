import type { AttemptRecord } from '../engine/types.ts';
import { classifyCut } from '../outcome/cut.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { COUNTER_AT } from './counts.ts';
import type { SeriesCounter } from './series-counter.ts';
import { TIMED_AT } from './types.ts';

/** Time taken by a request's earlier connection, microseconds: from when it was due, and from its SYN. */
export interface CarriedTime {
  readonly sinceIntendedUs: number;
  readonly sinceStartedUs: number;
}

/**
 * Records the times of an attempt that has ended, and what became of its hold.
 * @param carried time taken by an earlier connection of the same request
 */
export function recordExchange(
  series: SeriesCounter,
  record: Readonly<AttemptRecord>,
  outcome: Outcome,
  carried: CarriedTime,
): void {
  if (record.firstByteAtUs >= 0) {
    const askedForUs = record.firstByteAtUs - record.unaskedUs;
    series.time(TIMED_AT.firstByte, Math.round(askedForUs - record.intendedAtUs));
    series.time(TIMED_AT['firstByte-service'], Math.round(askedForUs - record.startedAtUs));
  }
  countHold(series, record, outcome);
  if (outcome !== 'ok') return;
  series.add(COUNTER_AT.completed);
  series.endpoint(record.endpoint, 'completed');
  const doneAtUs =
    record.respondedAtUs >= 0 ? record.respondedAtUs - record.unaskedUs : record.establishedAtUs;
  if (doneAtUs < 0) return;
  series.time(TIMED_AT.total, Math.round(doneAtUs - record.intendedAtUs + carried.sinceIntendedUs));
  series.time(TIMED_AT['total-service'], Math.round(doneAtUs - record.startedAtUs + carried.sinceStartedUs));
}

/** Records whether and how a held connection was cut. The time is not known if only a proof revealed it. */
function countHold(series: SeriesCounter, record: Readonly<AttemptRecord>, outcome: Outcome): void {
  const how = outcome === 'held-cut' ? classifyCut(record) : 'alive';
  if (how !== 'alive') series.cut(how);
  // An abandoned connection has proved nothing.
  if (record.provedAtUs >= 0 && record.cause !== 'stopped')
    series.proved(Math.round(record.proofAgeUs / 1_000), how);
  else if (how !== 'alive')
    series.time(TIMED_AT.cutAge, Math.round(record.endedAtUs - record.establishedAtUs));
}
