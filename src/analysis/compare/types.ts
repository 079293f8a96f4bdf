import type { FirewallComparison, FirewallView } from '../firewall/types.ts';
import type { ArmSummary, Diagnosis, Summary } from '../types.ts';
import type { ArmCells } from './cells.ts';
import type { RunFacts } from './comparable.ts';
import type { TimeSample } from './time-sample.ts';

/** Times that are compared, by their name in summary.json. */
export const COMPARED_TIMES = ['handshakeUs', 'firstByteUs', 'totalUs'] as const;
export type ComparedTime = (typeof COMPARED_TIMES)[number];

/** Quantiles that are compared, by their name in summary.json. */
export const COMPARED_QUANTILES = { p50: 0.5, p90: 0.9, p99: 0.99 } as const;
export type ComparedQuantile = keyof typeof COMPARED_QUANTILES;

/** One run as a comparison reads it: its figures, and their values over time. */
export interface RunTimeSeries {
  readonly facts: RunFacts;
  readonly arms: ReadonlyMap<string, ArmTimeSeries>;
  /** The firewall's view; absent: no firewall commands were run. */
  readonly firewall?: FirewallView;
}

export interface ArmTimeSeries {
  readonly summary: ArmSummary;
  readonly cells: ArmCells;
  readonly times: ReadonlyMap<ComparedTime, TimeSample>;
  /** Statuses that are not failures: those that the arm expects, and the one that asks it for credentials. */
  readonly ownStatuses?: readonly number[];
}

/** The verdict on one line of a comparison. */
export const LINE_VERDICTS = ['better', 'worse', 'no difference seen', 'cannot tell'] as const;
export type LineVerdict = (typeof LINE_VERDICTS)[number];

/** The verdict of a comparison; `none`: a run was generator-limited and says nothing about what it tested. */
export type ComparisonVerdict = LineVerdict | 'mixed' | 'none';

/** `share`: 0-1; `us`: microseconds; `perSec`: a second; `ratio`: a plain number. */
export type LineUnit = 'share' | 'us' | 'perSec' | 'ratio';

/** One figure of one arm, before and after. */
export interface ComparisonLine {
  readonly arm: string;
  /**
   * `stalled.rate`, `frozen.rate`, `completedShare`, `outcomes.<outcome>`, `statuses.<status>`, `handshakeUs.p99`,
   * ...
   */
  readonly figure: string;
  readonly unit: LineUnit;
  readonly before: number;
  readonly after: number;
  /** after - before. */
  readonly difference: number;
  /** 95 % interval of the difference, for this line only; a bound is null if the data do not determine it. */
  readonly ci95: readonly [number | null, number | null];
  /** Probability of such a difference by chance, corrected for the number of lines (Holm). */
  readonly pAdjusted: number;
  readonly verdict: LineVerdict;
  /** Whether the overall verdict depends on this line. */
  readonly decides: boolean;
  /** Smallest difference that would have been detected with 80 % probability; null if none would. */
  readonly smallestDifference: number | null;
  /** A remark on this line. */
  readonly note?: string;
}

/** comparison --json: the stable contract. New fields may be added; none changes meaning within a schema number. */
export interface Comparison {
  readonly schema: 1;
  readonly verdict: ComparisonVerdict;
  readonly sentence: string;
  readonly generatorLimited: boolean;
  /** Differences between the runs that weaken the comparison. */
  readonly warnings: readonly string[];
  readonly before: ComparedSide;
  readonly after: ComparedSide;
  /** The independent units: stretches of seconds within runs, or whole runs. */
  readonly units: 'seconds' | 'runs';
  /** If units are seconds: the longest burst of stalls that is allowed for; a longer one looks like a change. */
  readonly longestBurstSec: number | null;
  readonly lines: readonly ComparisonLine[];
  /**
   * What changed on the firewall between the last run before and the first one after that has its view; absent: a side
   * has none.
   */
  readonly firewall?: FirewallComparison;
  /** Whether what was wrong before still is; absent: a side has no diagnosis. */
  readonly diagnosis?: CauseComparison;
  readonly failIf: readonly { readonly text: string; readonly held: boolean }[];
}

export interface CauseComparison {
  readonly before: SideDiagnosis;
  readonly after: SideDiagnosis;
  /** What was named on either side, and whatever was ill before without a name. */
  readonly changes: readonly CauseChange[];
}

export interface SideDiagnosis {
  /** `mixed`: its runs do not agree. */
  readonly verdict: Diagnosis['verdict'] | 'mixed';
  /** In a sentence; of several runs, the verdict of each that differs. */
  readonly text: string;
}

export interface CauseChange {
  /** Of a cause; null: what was ill before has no name. */
  readonly id: string | null;
  readonly name: string;
  /**
   * `gone`: the arms that it hit are clean after. `still`: named again. `other`: something else is named now. `new`: named after, and
   * not before.
   */
  readonly status: 'gone' | 'still' | 'other' | 'new' | 'cannot-tell';
  readonly sentence: string;
}

export interface ComparedSide {
  readonly runs: readonly (Pick<Summary['run'], 'id' | 'label' | 'scenario' | 'startedAt' | 'status'> & {
    /** Of its folder. */
    readonly name: string;
  })[];
}
