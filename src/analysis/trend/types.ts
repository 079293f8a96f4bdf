import type { Figure, STATUS_COUNTS } from '../compare/arm-figures.ts';
import type { RunFacts } from '../compare/comparable.ts';
import type { LineUnit } from '../compare/types.ts';
import type { Diagnosis, Summary } from '../types.ts';

/** What is kept of a run after reading it: figures with their errors, no seconds. */
export interface SoakRun {
  readonly facts: RunFacts;
  /** Seconds in which load fell due, of the longest arm. */
  readonly lengthSec: number;
  readonly arms: ReadonlyMap<string, SoakRunArm>;
}

export interface SoakRunArm {
  /** By name, as in `compare`; outcomes that never occurred are omitted. */
  readonly figures: ReadonlyMap<string, SoakRunFigure>;
  readonly scheduled: number;
  /** Answers to requests and to CONNECT; Also 0 in runs of an earlier version, which did not count them. */
  readonly answers: Readonly<Record<(typeof STATUS_COUNTS)[number], number>>;
  /** Attempts that ended otherwise than expected, of those scheduled. */
  readonly notOkShare: number;
}

export interface SoakRunFigure extends Pick<Figure, 'name' | 'unit' | 'good' | 'role'> {
  readonly value: number;
  /** Interval of the night by itself; a bound is null if the data do not determine it. */
  readonly ci95: readonly [number | null, number | null];
  /** Attempts, or times. */
  readonly whole: number;
}

/** The verdict on one figure of one arm over the nights. */
const TREND_VERDICTS = ['no change seen', 'changed', 'drifted', 'cannot tell'] as const;
export type TrendVerdict = (typeof TREND_VERDICTS)[number];

/** trend --json: the stable contract. New fields may be added; none changes meaning within a schema number. */
export interface Trend {
  readonly schema: 1;
  /** `fail`: a --fail-if holds; `cannot-tell`: none holds, but there are too few nights, or none counts. */
  readonly verdict: 'pass' | 'fail' | 'cannot-tell';
  readonly sentence: string;
  readonly scenario: string;
  /** IANA name; the dates of nights are in this time zone. */
  readonly timeZone: string;
  /** Whether weekends were compared only with weekends. */
  readonly weekdays: boolean;
  /** Remarks on the choice of nights. */
  readonly notes: readonly string[];
  /** Oldest first. */
  readonly nights: readonly TrendNight[];
  /** Where the probe or the scenario differs from the night before. */
  readonly probeChanges: readonly ProbeChange[];
  /** Where the cause differs from the nights before, by their diagnoses. */
  readonly causeChanges: readonly CauseChange[];
  /** What the nights since the last change agree in, in words; null: no night has a diagnosis that says anything. */
  readonly cause: string | null;
  readonly lines: readonly TrendLine[];
  readonly failIf: readonly JudgedCondition[];
}

export interface TrendNight extends Pick<Summary['run'], 'id' | 'label' | 'startedAt' | 'status'> {
  /** Of its folder. */
  readonly name: string;
  /** `2026-11-14`, in the zone of the whole. */
  readonly date: string;
  /** `01:30` */
  readonly time: string;
  readonly weekend: boolean;
  readonly lengthSec: number;
  readonly generatorLimited: boolean;
  /** Why the night is shown but does not count; null: it counts. */
  readonly leftOut: string | null;
  /** Null: none, or not known. */
  readonly diagnosis: {
    readonly verdict: Diagnosis['verdict'];
    readonly text: string;
    /** Ids of causes that are named. */
    readonly named: readonly string[];
  } | null;
  readonly arms: Readonly<Record<string, TrendNightArm>>;
}

export interface TrendNightArm {
  readonly notOkShare: number;
  readonly figures: Readonly<
    Record<string, { value: number; ci95: readonly [number | null, number | null] }>
  >;
}

export interface CauseChange {
  /** The first night that differs. */
  readonly id: string;
  readonly date: string;
  /** Before, and since, in words. */
  readonly from: string;
  readonly to: string;
  readonly sentence: string;
}

export interface ProbeChange {
  /** The first night with the difference. */
  readonly id: string;
  readonly date: string;
  readonly what: readonly string[];
}

export interface TrendLine {
  readonly arm: string;
  /** `stalled.rate`, `handshakeUs.p99`, ... as `compare` has them. */
  readonly figure: string;
  readonly unit: LineUnit;
  /** Number of nights that counted. */
  readonly nights: number;
  readonly verdict: TrendVerdict;
  /** Whether for the worse; null if nothing changed. */
  readonly worse: boolean | null;
  /** Probability of such a clear step or drift by chance, corrected for the number of lines (Holm). */
  readonly pAdjusted: number;
  /** Median of the nights. */
  readonly level: number;
  /** Present whatever the verdict; null with too few nights. */
  readonly step: TrendStep | null;
  readonly drift: TrendDrift | null;
  /**
   * A step of this size half way through the nights would have been detected with 80 % probability; null if none
   * would.
   */
  readonly smallestStep: number | null;
  /** Between consecutive nights, after removing the step or drift; null with too few nights. */
  readonly correlation: number | null;
  readonly decides: boolean;
  readonly sentence: string;
}

export interface TrendStep {
  /** Date and id of the last night before it. */
  readonly after: string;
  readonly afterId: string;
  /** Dates of the earliest and latest night that may also be the last one before it. */
  readonly plausibleAfter: readonly [string, string];
  /** Medians before and after. */
  readonly from: number;
  readonly to: number;
  readonly difference: number;
  readonly ci95: readonly [number, number];
  readonly p: number;
  /** Changes of the probe at a place where the step may be. */
  readonly probeChanged: readonly string[];
}

export interface TrendDrift {
  readonly perWeek: number;
  readonly ci95: readonly [number, number];
  readonly p: number;
}

export interface JudgedCondition {
  readonly text: string;
  /** Null: undecided. */
  readonly held: boolean | null;
  /** Further remarks; may be empty. */
  readonly note: string;
}
