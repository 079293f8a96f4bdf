import type { Evidence } from '../../metrics/evidence.ts';

/** An arm whose handshakes are captured. */
export interface NearArm {
  readonly name: string;
  readonly endpoints: readonly {
    readonly address: string;
    readonly port: number;
    /** As the run's other files have it. */
    readonly name: string;
  }[];
  /** By the index of the plan; empty: the system chooses. */
  readonly sources: readonly string[];
}

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
