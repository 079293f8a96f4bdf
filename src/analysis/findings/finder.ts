import type { Finding } from '../types.ts';

/** A stretch of a run, seconds since its start. */
export interface Stretch {
  readonly fromSec: number;
  readonly toSec: number;
}

/** A finding as its finder gives it: when it was is still in the run's own seconds. */
export type FoundAt = Finding & {
  /** Absent where it is about the arm's load as a whole. */
  readonly during?: Stretch;
};
