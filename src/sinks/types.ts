import type { EngineName } from '../engine/names.ts';
import type { Frame, RecordedSecond } from '../metrics/types.ts';

/** What identifies a run in a database. */
export interface RunIdentity {
  readonly runId: string;
  readonly scenario: string;
  readonly label: string;
  readonly engine: EngineName;
  /** Name of the machine that generates the load. */
  readonly host: string;
  /** Where that machine is, of a probe of a fleet whose policy says so: one for all of its runs. */
  readonly site?: string | undefined;
}

/** Takes what a run records, live. It never makes the run wait, and never throws. */
export interface Sink {
  /** As shown to users: kind and address, without secrets. */
  readonly name: string;
  /**
   * Called once, before the first second.
   * @param before what the same run recorded in an earlier process that was killed, summed up: counters go on from there
   */
  begin(run: RunIdentity, before?: Frame): void;
  second(recorded: RecordedSecond): void;
  /** Delivers what is left, for so long at most. What could not be delivered stays in the spool. */
  finish(withinMs: number): Promise<SinkReport>;
}

/**
 * What became of a run's seconds in one sink. What was handed in, and what earlier runs had left in the spool, is
 * `delivered` + `caughtUp` + `spooled` + `dropped` + `refused`.
 */
export interface SinkReport {
  readonly name: string;
  /** Seconds handed over. */
  readonly delivered: number;
  /** Seconds of earlier runs handed over. */
  readonly caughtUp: number;
  /** Seconds that wait in the spool for the next run with the same sink. */
  readonly spooled: number;
  /** Seconds lost: the spool was full, or the sink keeps none and was away. */
  readonly dropped: number;
  /** Seconds that the sink will never take: it found fault with them. */
  readonly refused: number;
  /** The last fault, in words; absent if there was none. */
  readonly fault?: string;
}

/** What a sink may report during a run. Contains no secrets. */
export interface SinkListener {
  /** A line for people: a fault with its cure, or that it is over; each once. */
  say(line: string): void;
  /**
   * The sink no longer accepts anything.
   * @param why in words
   */
  onAway?(name: string, why: string): void;
  /** It takes what it is given again. */
  onBack?(name: string): void;
}

/** Shown to sinks that want to know who writes; each only to its own kind. */
export interface SinkSecrets {
  /** To InfluxDB's v2 API. */
  readonly token?: string;
  /** `user:password`, to InfluxDB's v1 API. */
  readonly user?: string;
}

/** How long things take, milliseconds unless named otherwise. */
export interface Pace {
  /** A batch is closed after so many seconds, or so many lines. */
  readonly batchSeconds: number;
  readonly batchLines: number;
  /** The same while the sink is away: fewer, larger files wait on the disk. */
  readonly batchSecondsAway: number;
  readonly requestTimeoutMs: number;
  /** Between attempts while the sink is away: doubling from the first to the longest. */
  readonly firstRetryMs: number;
  readonly longestRetryMs: number;
  /** For faults that somebody has to fix first. */
  readonly refusedRetryMs: number;
}

export const DEFAULT_PACE: Pace = {
  batchSeconds: 5,
  batchLines: 5_000,
  batchSecondsAway: 60,
  requestTimeoutMs: 10_000,
  firstRetryMs: 1_000,
  longestRetryMs: 30_000,
  refusedRetryMs: 60_000,
};
