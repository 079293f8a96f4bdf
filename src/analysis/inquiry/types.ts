import type { AdaptiveSpec, Arm } from '../../scenario/types.ts';

/** Groups of arms that run at the same time, each to tell some causes apart. */
export const STAGES = [
  'baseline',
  'breadth',
  'together',
  'steps',
  'cycle',
  'ages',
  'packets',
  'clients',
  'idle',
] as const;
export type StageId = (typeof STAGES)[number];

/** What a run may choose from: what the user gave, and what this machine can do. */
export interface Means {
  /** What it starts from; its load gives the rate of all arms together, and the time for them. */
  readonly base: Arm;
  readonly spec: AdaptiveSpec;
  readonly ratePerSec: number;
  /** Addresses of this machine that reach the far end. */
  readonly sources: readonly string[];
  /** Addresses and ports of the far end that the base connects to. */
  readonly endpoints: number;
  /** Source ports can be chosen, and MSS and DSCP be set. */
  readonly choosesPackets: boolean;
  /** Whether SYNs of other clients can be sent, by packets: what that would need, if not. */
  readonly imitates: { readonly needs?: string };
  /** What answers SYNs is captured. */
  readonly captures: boolean;
}

/** How far a run has come. */
export interface Position {
  readonly done: readonly StageId[];
  /** Of the time that it may take, seconds. */
  readonly leftSec: number;
}

export interface Stage {
  readonly id: StageId;
  /** In a sentence, with what was seen. */
  readonly why: string;
  readonly arms: readonly Arm[];
}

/** What was not tried, and what it would need. */
export interface Untried {
  readonly text: string;
  readonly needs: string;
}

/** What to do next: a stage, or why there is none. */
export type Choice = { readonly stage: Stage } | { readonly stop: string };

/** What was seen that the arms of a stage are measured by. */
export interface Seen {
  /** So many fit at once, as held connections showed. */
  readonly most?: number;
  /** Got through a second while more was tried. */
  readonly passedPerSec?: number;
  /** Share of the handshakes that stalled. */
  readonly stalledShare?: number;
  /** Of the time that it may take, seconds. */
  readonly leftSec: number;
}

/** Arms that run at the same time, or why they cannot. */
export type Built = { readonly arms: readonly Arm[] } | { readonly needs: string };
