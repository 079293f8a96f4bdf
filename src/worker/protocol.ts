import type { EngineName } from '../engine/names.ts';
import type { Endpoint, EnginePackets } from '../engine/types.ts';
import type { Frame, FrameHistograms, Stall } from '../metrics/types.ts';
import type { Arm } from '../scenario/types.ts';
import type { PortRange } from '../scenario/units.ts';

/** An arm with its names resolved: a worker can execute it without further look-ups. */
export interface PlannedArm {
  readonly arm: Arm;
  readonly endpoints: readonly Endpoint[];
  /** Source addresses, by the engine's index; empty: the system chooses. */
  readonly sources: readonly string[];
  /** Source ports to bind, without those that this machine uses or reserves; absent: the system chooses. */
  readonly ports?: readonly PortRange[];
  /** Basic: field values ready to send (`Basic dXNlcjpwYXNz`), one per user. They are kept only in memory. */
  readonly basicCredentials?: readonly string[];
  /** The contents of arm.tls.ca: PEM. */
  readonly ca?: string;
  /** For the packet engine. */
  readonly packets?: EnginePackets;
}

/**
 * One machine of several that send a load together: open loops are paced as if one machine sent the load of all, and this
 * one makes attempts `index`, `index + count`, `index + 2 count`, ... of it.
 */
export interface LoadShare {
  /** From 0. */
  readonly index: number;
  /** Machines, each with the same load. */
  readonly count: number;
}

/** The unit of work: shard `index` of `count` of a run, the same for a thread and for a machine. */
export interface ShardPlan {
  readonly index: number;
  readonly count: number;
  readonly engine: EngineName;
  /** Absent: this machine alone sends the load. */
  readonly share?: LoadShare;
  readonly arms: readonly PlannedArm[];
  /** Maximum number of open attempts in this shard. */
  readonly maxOpen: number;
  /** An attempt later than this is not started but counted as unsent. */
  readonly maxLatenessUs: number;
  /** How long to wait, once nothing more is due, for open attempts to settle. */
  readonly drainUs: number;
  /** Whether attempts are noted whose packets are to be looked at. */
  readonly notes?: boolean;
}

/** From the run to a worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly atEpochMs: number }
  /** `drain`: start nothing more and let open attempts settle. `abort`: end everything now. */
  | { readonly kind: 'stop'; readonly how: 'drain' | 'abort' }
  /** Field values (`Negotiate YII...`) for one arm, each to be sent once, and when they were created. */
  | {
      readonly kind: 'tokens';
      readonly arm: number;
      readonly tokens: readonly string[];
      readonly mintedAtEpochMs: number;
    };

/** From a worker to the run. */
export type FromWorker =
  | {
      readonly kind: 'ready';
      readonly shard: number;
      readonly readsTcpInfo: boolean;
      /** Attempts made on the loopback before the load. */
      readonly rehearsed: number;
    }
  /** The number of further tokens needed for one arm, by its index. */
  | { readonly kind: 'tokens-wanted'; readonly shard: number; readonly arm: number; readonly count: number }
  | {
      readonly kind: 'frame';
      readonly shard: number;
      readonly frame: Frame;
      readonly histograms: FrameHistograms;
      readonly stalls: readonly Stall[];
      /** Attempts whose packets are to be looked at (metrics/noted.ts); absent: none. */
      readonly noted?: Float64Array;
    }
  | { readonly kind: 'done'; readonly shard: number };
