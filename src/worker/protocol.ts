import type { EngineName } from '../engine/names.ts';
import type { Endpoint } from '../engine/types.ts';
import type { Frame, FrameHistograms, Stall } from '../metrics/types.ts';
import type { Arm } from '../scenario/types.ts';
import type { PortRange } from '../scenario/units.ts';

/** An arm with its names resolved: what a worker can execute without asking anybody. */
export interface PlannedArm {
  readonly arm: Arm;
  readonly endpoints: readonly Endpoint[];
  /** Source addresses, by the engine's index; empty: the system chooses. */
  readonly sources: readonly string[];
  /** Source ports to bind, those taken out that this machine has given away; absent: the system chooses. */
  readonly ports?: readonly PortRange[];
  /** Basic: field values ready to send (`Basic dXNlcjpwYXNz`), a user each. They live in memory alone. */
  readonly basicCredentials?: readonly string[];
  /** What arm.tls.ca holds: PEM. */
  readonly ca?: string;
}

/** The unit of work: shard `index` of `count` of a run. A thread and a machine run the same. */
export interface ShardPlan {
  readonly index: number;
  readonly count: number;
  readonly engine: EngineName;
  readonly arms: readonly PlannedArm[];
  /** Most attempts open at once in this shard. */
  readonly maxOpen: number;
  /** An attempt later than this is not started any more but counted as unsent. */
  readonly maxLatenessUs: number;
  /** How long to wait, once nothing is due any more, for what is open to settle. */
  readonly drainUs: number;
}

/** From the run to a worker. */
export type ToWorker =
  | { readonly kind: 'start'; readonly atEpochMs: number }
  /** `drain`: start nothing more, let what is open settle. `abort`: end it all now. */
  | { readonly kind: 'stop'; readonly how: 'drain' | 'abort' }
  /** Field values (`Negotiate YII...`) for one arm, each to be sent once, and when they were made. */
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
      /** Attempts made on the loopback beforehand. */
      readonly rehearsed: number;
    }
  /** So many tokens more are needed for one arm, by its index. */
  | { readonly kind: 'tokens-wanted'; readonly shard: number; readonly arm: number; readonly count: number }
  | {
      readonly kind: 'frame';
      readonly shard: number;
      readonly frame: Frame;
      readonly histograms: FrameHistograms;
      readonly stalls: readonly Stall[];
    }
  | { readonly kind: 'done'; readonly shard: number };
