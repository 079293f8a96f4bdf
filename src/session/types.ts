import type { Quantiles, Summary } from '../analysis/types.ts';
import type { EngineName } from '../engine/names.ts';
import type { RushhourError } from '../errors.ts';
import type { CaptureFile } from '../evidence/pcap/read-files.ts';
import type { PeerAddress } from '../evidence/peer/connect-peer.ts';
import type { Frame, RecordedSecond } from '../metrics/types.ts';
import type { AuthSpec, FirewallSpec, Scenario } from '../scenario/types.ts';
import type { Via } from '../scenario/words.ts';
import type { LinkInfo } from '../store/run-info.ts';
import type { SessionEvent } from '../store/session-events.ts';
import type { LoadShare } from '../worker/protocol.ts';

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
  /** Address of a peer on the far host that records what arrives there. */
  readonly peer?: PeerAddress;
  /** Second 0, milliseconds since 1970; absent or past: as soon as everything is ready. */
  readonly startsAtMs?: number;
  /** Its part of a load that several machines send together; absent: all of it. */
  readonly share?: LoadShare;
  /** Present for a soak: the scenario is stretched, and the load restarted whenever necessary. */
  readonly soak?: SoakLength;
}

export interface SoakLength {
  /** Duration from its start, including pauses; microseconds. */
  readonly forUs: number;
  /** Seconds per window. */
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
  /** From second 0; undefined if only a count limits the run. */
  readonly durationUs: number | undefined;
  /** For a resumed session: where it continues, including the gap; microseconds. */
  readonly fromUs?: number;
  /** Whether packets are captured; absent: not requested, or not known yet. */
  readonly capture?: CaptureOutline;
}

/** Whether packets are captured; if not, what is missing and how to fix it. */
export type CaptureOutline =
  | { readonly isOn: true }
  | { readonly isOn: false; readonly what: string; readonly mend: string };

export interface ArmOutline {
  readonly name: string;
  readonly via: Via;
  /** Endpoints, each "address:port". */
  readonly endpoints: readonly string[];
  /** What is requested: URL, or "host:port" for bare TCP. */
  readonly target: string;
  /** Highest rate of an open loop; undefined for a closed one. */
  readonly peakPerSec: number | undefined;
  /** Total attempts; undefined if only time limits the arm. */
  readonly attempts: number | undefined;
  /** Where connections come from; absent if the system chooses. Ports as ranges. */
  readonly from?: { readonly addresses: readonly string[]; readonly ports?: readonly string[] };
  /** Packet engine: the path of its packets, and whether it emulates the hosts that they come from. */
  readonly link?: LinkInfo;
  /** Sweep: the number and range of its delays, and the pairs of connections for each. */
  readonly sweep?: {
    readonly delays: number;
    readonly shortestUs: number;
    readonly longestUs: number;
    readonly pairs: number;
  };
  /** Number of browsers, for a population of them. */
  readonly browsers?: number;
  readonly auth?: Pick<AuthSpec, 'scheme' | 'mode' | 'to'>;
  /** The imitated client, as a description. */
  readonly client?: string;
}

/** What a run that chooses its arms does next, and why. */
export interface ChosenStage {
  /** Absent: nothing more. */
  readonly arms?: readonly { readonly name: string; readonly peakPerSec: number }[];
  readonly why: string;
  /** Seconds since the run began. */
  readonly atSec: number;
}

/** Progress of a run, reported once a second. Counts are cumulative and include ramps. */
export interface Progress {
  readonly elapsedUs: number;
  /** 0-1; undefined until known. */
  readonly fractionDone: number | undefined;
  readonly draining: boolean;
  readonly open: number;
  /** In the last whole second. */
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
  /** The scenario's firewall commands are about to be run. */
  asking?(spec: FirewallSpec): void;
  /** The pre-load check begins; `stop` ends it. */
  looking?(
    look: { readonly ratePerSec: number; readonly forUs: number },
    stop: (how: 'drain' | 'abort') => void,
  ): void;
  /** The pre-load check found no objection. */
  looked?(look: { readonly attempts: number; readonly completed: number }): void;
  /**
   * Everything is resolved, checked and ready; load starts next.
   * @param before totals recorded by earlier processes, if the run is resumed
   */
  planned?(plan: RunPlan, before?: Frame): void;
  progress?(progress: Progress): void;
  /** A run that chooses its arms is about to run these, or to end: why, in a sentence. */
  chosen?(choice: ChosenStage): void;
  /** A recorded second, for sinks. Never awaited. */
  second?(recorded: RecordedSecond): void;
  /** An event outside the load began or ended. */
  event?(event: SessionEvent): void;
  /** Called once a second during load, and at each attempt to restart it: silence means that a soak hangs. */
  alive?(): void;
  /** What both sides captured is read: so many bytes of this file so far. */
  joining?(file: CaptureFile, bytes: number): void;
  /** A message for the user, such as a full disk or a dead worker; not fatal by itself. */
  warning?(message: string): void;
}

/** A run in progress. */
export interface RunHandle {
  readonly plan: RunPlan;
  /** `drain`: start nothing more, let open attempts finish. `abort`: end everything now. Safe to call again. */
  stop(how: 'drain' | 'abort'): void;
  /**
   * Records that a sink no longer accepts data.
   * @returns a function that records its recovery
   */
  sinkAway(text: string): () => void;
  /** Resolves once summary.json has been written or could not be; rejects with a RushhourError if the run failed. */
  readonly finished: Promise<FinishedRun>;
}

export interface FinishedRun {
  readonly plan: RunPlan;
  readonly summary: Summary;
  /** Why summary.json could not be written, such as a missing folder or a full disk. Absent: it was written. */
  readonly unkept?: RushhourError;
}

export type { Quantiles, Summary };
