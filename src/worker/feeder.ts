/** What a feeder needs of the world to start attempts. */
export interface Launcher {
  /** Room for one more open attempt. */
  hasRoom(): boolean;
  /** Microseconds since the start, read anew. */
  now(): number;
  /** Starts an attempt now. */
  start(attempt: number, intendedAtUs: number): void;
  /** Counts an attempt that was due and cannot be started any more. */
  skip(attempt: number, reason: 'unsent-late' | 'unsent-open-limit'): void;
}

/** Decides, for one arm of a shard, which attempts start now. */
export interface Feeder {
  /** When the next attempt is due, in microseconds since the start; Infinity once there is none. */
  nextDueUs(nowUs: number): number;
  /** Starts what is due, at most `budget` attempts; returns how many it handled. */
  launch(nowUs: number, budget: number): number;
  /** One of this arm's attempts has ended. */
  settled(): void;
  /** Starts nothing from now on. */
  stop(): void;
}
