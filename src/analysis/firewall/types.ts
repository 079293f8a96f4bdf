import type { Change } from './changes.ts';

/** What a command printed that asked the firewall. */
export interface FirewallText {
  readonly program: string;
  readonly text: string;
}

/** What a run kept of the firewall: whole of what was asked before and after the load, counts of the rest. */
export interface FirewallView {
  readonly before?: FirewallText;
  readonly after?: FirewallText;
  /** What was asked after the load is what was asked before it. */
  readonly isAgain: boolean;
  /** The first and the last output of what was asked during the load. */
  readonly during?: { readonly first: FirewallText; readonly last: FirewallText; readonly count: number };
  /** Commands that failed, by phase and how. */
  readonly failures: readonly { readonly phase: string; readonly how: string; readonly count: number }[];
}

/** `firewall` of summary.json. */
export interface FirewallSummary {
  /** Outputs that were kept. */
  outputs: { before: number; during: number; after: number };
  failures: { phase: string; how: string; count: number }[];
  /** What differs between the first output of the run and its last: counters, mostly. */
  moved: ShownChange[];
  /** How much more moved. */
  movedMore: number;
}

/** `firewall` of a comparison. */
export interface FirewallComparison {
  /** Runs whose outputs were compared. */
  readonly runs: readonly [before: string, after: string];
  /** Each change in a sentence; one that says so where there is none. */
  readonly sentences: readonly string[];
  /** Settings that differ between the runs. */
  readonly changes: readonly ShownChange[];
  /** How many more do. */
  readonly more: number;
}

export type ShownChange = Omit<Change, 'place'>;
