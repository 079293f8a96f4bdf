import type { Change } from './changes.ts';

/** The output of a firewall command. */
export interface FirewallText {
  readonly program: string;
  readonly text: string;
}

/** What a run kept of its firewall: complete outputs from before and after the load, counts of the others. */
export interface FirewallView {
  readonly before?: FirewallText;
  readonly after?: FirewallText;
  /** The same command was run before and after the load. */
  readonly isAgain: boolean;
  /** The first and the last output during the load. */
  readonly during?: { readonly first: FirewallText; readonly last: FirewallText; readonly count: number };
  /** Failed commands, with phase and reason. */
  readonly failures: readonly { readonly phase: string; readonly how: string; readonly count: number }[];
}

/** `firewall` of summary.json. */
export interface FirewallSummary {
  /** Number of outputs kept. */
  outputs: { before: number; during: number; after: number };
  failures: { phase: string; how: string; count: number }[];
  /** Differences between the first and last output of the run, mostly counters. */
  moved: ShownChange[];
  /** Number of further differences. */
  movedMore: number;
}

/** `firewall` of a comparison. */
export interface FirewallComparison {
  /** Runs whose outputs were compared. */
  readonly runs: readonly [before: string, after: string];
  /** A sentence for each change, or one that says that there is none. */
  readonly sentences: readonly string[];
  /** Settings that differ between the two runs. */
  readonly changes: readonly ShownChange[];
  /** Number of further ones. */
  readonly more: number;
}

export type ShownChange = Omit<Change, 'place'>;
