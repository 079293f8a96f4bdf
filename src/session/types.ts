import type { Quantiles, Summary } from '../analysis/types.ts';
import type { EngineName } from '../engine/names.ts';
import type { RushhourError } from '../errors.ts';
import type { PeerAddress } from '../evidence/peer/connect-peer.ts';
import type { Frame, RecordedSecond } from '../metrics/types.ts';
import type { AuthSpec, FirewallSpec, Scenario } from '../scenario/types.ts';
import type { Via } from '../scenario/words.ts';
import type { SessionEvent } from '../store/session-events.ts';

export interface RunOptions {
  readonly scenario: Scenario;
  /** Free text, shown and searched; may be empty. */
  readonly label: string;
  /** Threads that generate load, at least 1. */
  readonly workers: number;
  /** `auto`: raw on Linux, portable elsewhere. */
  readonly engine: 'auto' | EngineName;
  readonly resultsDir: string;
  /**
   * What to do with a scenario's pre-load check: it may end the run (`stop`, or absent), only warn (`go-on`), or be
   * skipped (`off`).
   */
  readonly look?: 'stop' | 'go-on' | 'off';
  /** The command line that started the run, for run.json and "how to reproduce"; holds no secret. */
  readonly command: readonly string[];
  /** Resume an interrupted run of the same scenario; of a soak, if one has time left. */
  readonly resume?: boolean;
  /** Where a peer on the far host records what arrives there. */
  readonly peer?: PeerAddress;
  /** A soak: the scenario is stretched, and its load set up again whenever it has to be. */
  readonly soak?: SoakLength;
}

export interface SoakLength {
  /** How long it lasts, from its start, pauses included. Microseconds. */
  readonly forUs: number;
  /** Seconds that are rolled up into one window. */
  readonly windowSec: number;
}

/** What is about to happen, known before any load is sent. */
export interface RunPlan {
  readonly id: string;
  /** The run's folder. */
  readonly dir: string;
  readonly engine: EngineName;
  readonly readsTcpInfo: boolean;
  readonly workers: number;
  readonly arms: readonly ArmOutline[];
  /** From second 0; undefined where only a count bounds the run. */
  readonly durationUs: number | undefined;
  /** Of one that is resumed: how far it is, the gap included. Microseconds. */
  readonly fromUs?: number;
  /** Whether packets are captured beside it; absent: nobody wants them, or it is not known yet. */
  readonly capture?: CaptureOutline;
}

/** Whether packets are captured beside the load; if not, what is missing, and what would mend it. */
export type CaptureOutline =
  | { readonly isOn: true }
  | { readonly isOn: false; readonly what: string; readonly mend: string };

export interface ArmOutline {
  readonly name: string;
  readonly via: Via;
  /** What is connected to: "address:port" of every endpoint. */
  readonly endpoints: readonly string[];
  /** What is asked for: URL, or "host:port" for bare TCP. */
  readonly target: string;
  /** Highest rate of an open loop; undefined for a closed one. */
  readonly peakPerSec: number | undefined;
  /** Attempts in all; undefined where only time bounds the arm. */
  readonly attempts: number | undefined;
  /** Where connections come from; absent if the system chooses. Ports as ranges. */
  readonly from?: { readonly addresses: readonly string[]; readonly ports?: readonly string[] };
  /** Of the packet engine: which way its packets go, and whether it plays the hosts that they come from. */
  readonly link?: ArmLink;
  /** Of a sweep: how many delays, between which, and how many pairs of connections for each. */
  readonly sweep?: {
    readonly delays: number;
    readonly shortestUs: number;
    readonly longestUs: number;
    readonly pairs: number;
  };
  /** Of a population of browsers: how many there are. */
  readonly browsers?: number;
  readonly auth?: Pick<AuthSpec, 'scheme' | 'mode' | 'to'>;
  /** Whose packets connections are made of, in words. */
  readonly client?: string;
}

/** The way of an arm's packets. */
export interface ArmLink {
  readonly interface: string;
  /** Ethernet address of the interface. */
  readonly mac: string;
  /** Gateway, or endpoint on the link, by address; its Ethernet address once it is known. */
  readonly nextHops: readonly string[];
  /** Of the path, bytes. */
  readonly mtu: number;
  readonly emulates: boolean;
}

/** Where a run stands, once a second. Counts are cumulative, ramps included. */
export interface Progress {
  readonly elapsedUs: number;
  /** 0-1; undefined until it is known. */
  readonly fractionDone: number | undefined;
  readonly draining: boolean;
  readonly open: number;
  /** Of the last whole second. */
  readonly startedPerSec: number;
  readonly started: number;
  readonly established: number;
  readonly completed: number;
  readonly unsent: number;
  readonly stalled: number;
  readonly healed: number;
  readonly failed: number;
  readonly handshakeUs: Quantiles;
}

export interface RunListener {
  /**
   * Called once everything is resolved and before anything is sent. Throwing refuses the run, and nothing is kept.
   */
  approve?(plan: Pick<RunPlan, 'arms'>): Promise<void>;
  /** These commands are about to be run to ask the firewall. */
  asking?(spec: FirewallSpec): void;
  /** A little of the load is sent first; `stop` ends that. */
  looking?(
    look: { readonly ratePerSec: number; readonly forUs: number },
    stop: (how: 'drain' | 'abort') => void,
  ): void;
  /** It showed nothing against the load. */
  looked?(look: { readonly attempts: number; readonly completed: number }): void;
  /**
   * Everything is resolved, checked and ready; load starts next.
   * @param before sums of what an earlier process recorded of the same run; only of one that goes on
   */
  planned?(plan: RunPlan, before?: Frame): void;
  progress?(progress: Progress): void;
  /** A second that was recorded, for sinks. Never awaited. */
  second?(recorded: RecordedSecond): void;
  /** An event occurred besides the load, or ended. */
  event?(event: SessionEvent): void;
  /** Called once a second while load flows, and at each try to set it up again: a soak that is silent hangs. */
  alive?(): void;
  /** Something worth a line: a full disk, a worker that died. Named, counted, never fatal by itself. */
  warning?(message: string): void;
}

/** A run under way. */
export interface RunHandle {
  readonly plan: RunPlan;
  /** `drain`: start nothing more, let what is open settle. `abort`: end it all now. Safe to call again. */
  stop(how: 'drain' | 'abort'): void;
  /**
   * Notes that a sink takes nothing any more.
   * @returns what notes that it does again
   */
  sinkAway(text: string): () => void;
  /** Resolves once summary.json is on disk, or cannot be; rejects with a RushhourError where the run could not be finished. */
  readonly finished: Promise<FinishedRun>;
}

export interface FinishedRun {
  readonly plan: RunPlan;
  readonly summary: Summary;
  /** Why summary.json could not be written: the folder is gone, or the disk is full. Absent: it was. */
  readonly unkept?: RushhourError;
}

export type { Quantiles, Summary };
