import type { AttemptRecord } from '../engine/types.ts';
import type { Outcome, Skip } from '../outcome/outcome.ts';

/** What a feeder needs of the world to start attempts. */
export interface Launcher {
  /** What keeps the next attempt from being started now; undefined: nothing does. */
  obstacle(nowUs: number): Exclude<Skip, 'unsent-late'> | undefined;
  /**
   * Starts an attempt now; only where there is no obstacle.
   * @param due when it should have been, in microseconds since the start: a number as an argument takes 16 bytes of heap
   */
  start(attempt: number, due: { readonly atUs: number }): void;
  /** The same for one that is due whenever it starts. */
  startUndue(attempt: number): void;
  /** Counts an attempt that was due and cannot be started any more. */
  skip(attempt: number, reason: Skip): void;
}

/**
 * Why attempts of one feeder wait. What kept one waiting may be gone by the time it is given up: it is late for that all
 * the same.
 */
export class Waits {
  #obstacle: Skip | undefined;
  #seenAtUs = Number.NEGATIVE_INFINITY;

  /** An obstacle is in the way of what is due. */
  note(obstacle: Skip, nowUs: number): void {
    this.#obstacle = obstacle;
    this.#seenAtUs = nowUs;
  }

  /** Why an attempt that was due then is too late, with what is in its way now. */
  reasonOf(dueUs: number, obstacle: Skip | undefined): Skip {
    const earlier = dueUs <= this.#seenAtUs ? this.#obstacle : undefined;
    return obstacle ?? earlier ?? 'unsent-late';
  }
}

/** How long a feeder waits for an obstacle to go away before it looks again. Events wake it sooner. */
export const RETRY_US = 1_000;

/**
 * What is left to begin. `timed`: the next attempt starts by the clock; `waiting`: one that is under way has to end first;
 * `exhausted`: nothing, and nothing will be.
 */
export type Standing = 'timed' | 'waiting' | 'exhausted';

/** Decides, for one arm of a shard, which attempts start now. */
export interface Feeder {
  standing(nowUs: number): Standing;
  /** When the next attempt is due, in microseconds since the start; means nothing but while it is `timed`. */
  nextDueUs(nowUs: number): number;
  /** Starts what is due, at most `budget` attempts; returns how many it handled. */
  launch(nowUs: number, budget: number): number;
  /** One of this arm's attempts has ended. */
  settled(record: Readonly<AttemptRecord>, outcome: Outcome): void;
  /** Starts nothing from now on. */
  stop(): void;
}
