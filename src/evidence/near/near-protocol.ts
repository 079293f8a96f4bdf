import type { Evidence } from '../../metrics/evidence.ts';

/** What the capturing thread needs to know of an arm. */
export interface NearArm {
  readonly name: string;
  readonly endpoints: readonly {
    readonly address: string;
    readonly port: number;
    /** As in the run's other files. */
    readonly name: string;
  }[];
  /** By the index of the plan; empty: the system chooses. */
  readonly sources: readonly string[];
}

export interface NearTask {
  readonly arms: readonly NearArm[];
  /** How long an attempt may last until its handshake is judged, microseconds. */
  readonly horizonUs: number;
  /** At a higher rate it stops, so as not to slow the load; default: never. */
  readonly mostPacketsPerSec?: number;
}

export type ToNear =
  /** Load starts: second 0, milliseconds since 1970. */
  | { readonly kind: 'start'; readonly atEpochMs: number }
  /** Examine the packets of these attempts (metrics/noted.ts). */
  | { readonly kind: 'look'; readonly id: number; readonly noted: Float64Array }
  | { readonly kind: 'stop' };

/** One attempt, with its packets as blocks of pcapng. */
export interface NearEvidence {
  readonly evidence: Evidence;
  readonly blocks: Uint8Array;
}

/** What was seen of the attempts of one message. */
export interface NearFound {
  /** Counts by what met their SYNs (outcome/syn-answer.ts), by series: `stalled silence`. */
  readonly answers: Readonly<Record<string, Record<string, number>>>;
  readonly kept: readonly NearEvidence[];
  /** Packets that arrived while the ring was full, since the last message. */
  readonly dropped: number;
}

export type FromNear =
  | { readonly kind: 'ready' }
  | { readonly kind: 'fault'; readonly message: string }
  | ({ readonly kind: 'found'; readonly id: number } & NearFound);
