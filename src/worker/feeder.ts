import type { AttemptRecord } from '../engine/types.ts';
import type { Outcome, Skip } from '../outcome/outcome.ts';

/** What a feeder needs to start attempts. */
export interface Launcher {
  /** What prevents the next attempt from being started now; undefined if nothing does. */
  obstacle(nowUs: number): Exclude<Skip, 'unsent-late'> | undefined;
  /**
   * Starts an attempt now; call only if there is no obstacle.
   * @param due when it was due, in microseconds since the start: a number passed as an argument takes 16 bytes of
   *   heap
   */
  start(attempt: number, due: { readonly atUs: number }): void;
  /** The same for an attempt without a due time. */
  startUndue(attempt: number): void;
  /** Counts an attempt that was due and can no longer be started. */
  skip(attempt: number, reason: Skip): void;
}

/**
 * Why attempts of one feeder wait. The obstacle may be gone by the time an attempt is abandoned: it is late because
 * of it all the same.
 */
export class Waits {
  #obstacle: Skip | undefined;
  #seenAtUs = Number.NEGATIVE_INFINITY;

  /** An obstacle blocks what is due. */
  note(obstacle: Skip, nowUs: number): void {
    this.#obstacle = obstacle;
    this.#seenAtUs = nowUs;
  }

  /** Why an attempt with this due time is too late, given the current obstacle. */
  reasonOf(dueUs: number, obstacle: Skip | undefined): Skip {
    const earlier = dueUs <= this.#seenAtUs ? this.#obstacle : undefined;
    return obstacle ?? earlier ?? 'unsent-late';
  }
}

/** How long a feeder waits before it checks an obstacle again. Events wake it sooner. */
export const RETRY_US = 1_000;

/**
 * What is left to start. `timed`: the next attempt starts by the clock; `waiting`: one in progress has to end first;
 * `exhausted`: nothing is left, for good.
 */
export type Standing = 'timed' | 'waiting' | 'exhausted';

/** Decides, for one arm of a shard, which attempts start now. */
export interface Feeder {
  standing(nowUs: number): Standing;
  /** When the next attempt is due, in microseconds since the start; meaningful only while `timed`. */
  nextDueUs(nowUs: number): number;
  /** Starts what is due, at most `budget` attempts; returns how many it handled. */
  launch(nowUs: number, budget: number): number;
  /** One of this arm's attempts has ended. */
  settled(record: Readonly<AttemptRecord>, outcome: Outcome): void;
  /** Starts nothing more from now on. */
  stop(): void;
}
