import type { HistogramsByTag } from '../../metrics/histogram.ts';
import type { Arm, Scenario } from '../../scenario/types.ts';
import type { Tally } from '../tally.ts';
import type { ArmSummary, Finding } from '../types.ts';

/** Whether the NAT on the path preserves source ports, if a sweep tested it. */
export type Nat = 'preserved' | 'reassigned' | 'apart' | 'unknown';

/** The data from which findings are derived. */
export interface Evidence {
  readonly scenario: Scenario;
  readonly tally: Tally;
  readonly histograms: HistogramsByTag;
  readonly arms: Readonly<Record<string, ArmSummary>>;
  readonly nat: Nat | undefined;
}

/** A stretch of a run, seconds since its start. */
export interface Stretch {
  readonly fromSec: number;
  readonly toSec: number;
}

/** A finding as its finder returns it: times are still in the run's own seconds. */
export type FoundAt = Finding & {
  /** Absent if it concerns the arm's load as a whole. */
  readonly during?: Stretch;
};

/** Looks for one kind of finding, in each arm or in the run as a whole. Observations only: it assigns no blame. */
export type Finder =
  | { inArm(arm: Arm, evidence: Evidence): FoundAt[] }
  | { inRun(evidence: Evidence): FoundAt[] };
