import type { Difference, Observations, Symptom, SymptomKind } from '../observations/types.ts';

/**
 * What an observation says of a cause. `decides`: it is what this cause alone predicts, so that it may be named once its rivals are
 * excluded; without such a one it is never more than possible.
 */
export interface Judgement {
  readonly says: 'supports' | 'decides' | 'contradicts' | 'silent';
  /** In a sentence, with figures. */
  readonly text: string;
}

/** An arm or a measurement that would tell a cause from its rivals. */
export interface Decision {
  readonly text: string;
  /** A command line, with placeholders in capitals. */
  readonly command?: string;
}

/** What to do, on which firewall where that matters, and where that is documented. */
export interface Step {
  readonly firewall?: string;
  readonly text: string;
  readonly source?: string;
}

/** How an arm should fare that differs in that alone. `perhaps`: clean speaks for the cause, ill does not speak against it. */
export type Predicted = 'alike' | 'clean' | 'perhaps' | 'either';
export type Scope = Readonly<Record<Exclude<Difference, 'size'>, Predicted>> & {
  /** Absent: alike, as whatever is done to SYNs. */
  readonly size?: Predicted;
};

/** A hypothesis that predicts observations. */
export interface Cause {
  readonly id: string;
  /** A noun phrase: "a limit of open connections". */
  readonly name: string;
  readonly explains: readonly SymptomKind[];
  /** What it predicts, in a sentence. */
  readonly predicts: string;
  /** The cause that this is a case of: it is no rival of that one, which may be named while this stays possible. */
  readonly isCaseOf?: string;
  /** Whom it hits: what an arm beside the ill one should show. */
  readonly scope: Scope;
  /** The same where something in the run shows that it hits whom it happens to; by default `scope`. */
  scopeFor?(symptom: Symptom, seen: Observations): Scope;
  judge(symptom: Symptom, seen: Observations): readonly Judgement[];
  /** What would tell it from others. */
  readonly decidedBy: readonly Decision[];
  /** What to do next, on the firewall or elsewhere. */
  readonly next: readonly Step[];
  /** What would prove it. */
  readonly proof: string;
  /** Where it is documented or was measured. */
  readonly source: string;
}
