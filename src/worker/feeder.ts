import type { AttemptRecord } from '../engine/types.ts';
import type { DropReason, Outcome } from '../outcome/outcome.ts';

/** What a feeder needs to start attempts. */
export interface Launcher {
  /** What prevents the next attempt from being started now; undefined if nothing does. */
  blockedReason(nowUs: number): Exclude<DropReason, 'unsent-late'> | undefined;
  /**
   * Starts an attempt now; call only if nothing blocks it.
   * @param due when it was due, in microseconds since the start: a number passed as an argument takes 16 bytes of
   *   heap
   */
  start(attempt: number, due: { readonly atUs: number }): void;
  /** The same for an attempt without a due time. */
  startUndue(attempt: number): void;
  /** Counts an attempt that was due and can no longer be started. */
  drop(attempt: number, reason: DropReason): void;
}

/**
 * Why attempts of one feeder wait. The reason may be gone by the time an attempt is abandoned: it is late because
 * of it all the same.
 */
export class Waits {
  #blockedReason: DropReason | undefined;
  #seenAtUs = Number.NEGATIVE_INFINITY;

  /** Something blocks what is due. */
  note(blockedReason: DropReason, nowUs: number): void {
    this.#blockedReason = blockedReason;
    this.#seenAtUs = nowUs;
  }

  /** Why an attempt with this due time is too late, given what blocks it now. */
  reasonOf(dueUs: number, blockedReason: DropReason | undefined): DropReason {
    const earlier = dueUs <= this.#seenAtUs ? this.#blockedReason : undefined;
    return blockedReason ?? earlier ?? 'unsent-late';
  }
}

/** How long a feeder waits before it checks again what blocks it. Events wake it sooner. */
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
