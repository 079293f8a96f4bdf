import { addCounts, emptyCounts, stalledOf } from '../metrics/counts.ts';
import { type Histogram, quantilesOf } from '../metrics/histogram.ts';
import type { Frame, SeriesCounts } from '../metrics/types.ts';
import { OUTCOME_GROUPS, type Outcome } from '../outcome/outcome.ts';
import type { Progress } from './types.ts';

export interface Schedule {
  /** Undefined if only a count limits the run. */
  readonly durationUs: number | undefined;
  /** Undefined if only time limits it. */
  readonly attempts: number | undefined;
}

/** Sums for the live view of a run. */
export class ProgressTally {
  readonly #schedule: Schedule;
  readonly #total = emptyCounts();
  #last = emptyCounts();
  #open = 0;
  #second = -1;

  constructor(schedule: Schedule) {
    this.#schedule = schedule;
  }

  add(frame: Frame): void {
    this.#last = emptyCounts();
    for (const counts of Object.values(frame.series)) addCounts(this.#last, counts);
    addCounts(this.#total, this.#last);
    this.#open = frame.open;
    this.#second = frame.second;
  }

  /** @param handshakes of every arm so far */
  read(handshakes: Histogram, isStopping: boolean): Progress {
    const total = this.#total;
    const elapsedUs = (this.#second + 1) * 1_000_000;
    const { durationUs, attempts } = this.#schedule;
    return {
      elapsedUs,
      fractionDone: fractionOf(elapsedUs, durationUs, endedOf(total), attempts),
      draining: isStopping || (durationUs !== undefined && elapsedUs >= durationUs),
      open: this.#open,
      startedPerSec: this.#last.started,
      started: total.started,
      established: total.established,
      completed: total.completed,
      unsent: total.unsent,
      stalled: stalledOf(total),
      healed: total.healed,
      failed: failedOf(total),
      handshakeUs: quantilesOf(handshakes),
    };
  }
}

/** By time, by count, or by whichever has advanced further if both limit the run. */
function fractionOf(
  elapsedUs: number,
  durationUs: number | undefined,
  ended: number,
  attempts: number | undefined,
): number | undefined {
  const byTime = durationUs === undefined ? undefined : elapsedUs / durationUs;
  const byCount = attempts === undefined || attempts === 0 ? undefined : ended / attempts;
  const furthest = Math.max(byTime ?? 0, byCount ?? 0);
  return byTime === undefined && byCount === undefined ? undefined : Math.min(1, furthest);
}

function endedOf({ outcomes }: SeriesCounts): number {
  return Object.values(outcomes).reduce((sum, count) => sum + count, 0);
}

function failedOf({ outcomes }: SeriesCounts): number {
  return (Object.entries(outcomes) as [Outcome, number][])
    .filter(([name]) => OUTCOME_GROUPS[name] === 'remote' || OUTCOME_GROUPS[name] === 'local')
    .reduce((sum, [, count]) => sum + count, 0);
}
