import type { SymptomKind } from '../observations/symptom-kinds.ts';

export type CauseStatus = 'named' | 'possible' | 'excluded';

/** `diagnosis` of summary.json. */
export interface Diagnosis {
  verdict: 'named' | 'cannot-tell' | 'healthy' | 'none';
  /** The verdict in one sentence. */
  text: string;
  /** What is to be explained, in sentences. */
  symptoms: string[];
  /** The same in figures; absent in runs of an earlier version. */
  ill?: IllArm[];
  /** Of a soak: how many windows it had, in how many something was ill, and the length of one. */
  windows?: { count: number; ill: number; lengthSec: number };
  /** Of a soak that was ill at times and not throughout: when, and why then; in order, and none overlap. */
  periods?: DiagnosedPeriod[];
  causes: DiagnosedCause[];
  /** What would tell the causes that remain apart. */
  decide: { text: string; command?: string }[];
  /** Of a run that chose its arms: what stays undecided, and what it would need; absent: nothing, or one cause is named. */
  untried?: readonly { readonly text: string; readonly needs: string }[];
}

/** A stretch of windows of a soak in which something was ill, with what can be said of that stretch alone. */
export interface DiagnosedPeriod {
  /** Seconds since the start; `toSec` exclusive. */
  fromSec: number;
  toSec: number;
  /** RFC 3339, UTC. */
  from: string;
  to: string;
  windows: number;
  verdict: Diagnosis['verdict'];
  text: string;
  ill: IllArm[];
  /** Named, or possible. */
  causes: { id: string; name: string; status: CauseStatus }[];
}

/** How many attempts of an arm showed a symptom, of those that could. */
export interface IllArm {
  arm: string;
  kind: SymptomKind;
  count: number;
  of: number;
}

export interface DiagnosedCause {
  id: string;
  name: string;
  status: CauseStatus;
  for: string[];
  against: string[];
  /** What to do, of one that is named or possible. */
  next: string[];
  /** What would prove it. */
  proof: string;
  /** The arms whose symptoms it was weighed against; absent in runs of an earlier version. */
  arms?: string[];
}
