import type { RunListing } from '../../read/listing.ts';

/** Of one arm, what lists and trends show. */
export interface ArmFigures {
  readonly name: string;
  readonly started: number;
  readonly stalled: number;
  /** stalled / started. */
  readonly rate: number;
  readonly ci95: readonly [number, number];
}

/** Of a summary, what lists and trends show. */
export interface RunFigures {
  readonly lastedUs: number;
  readonly arms: readonly ArmFigures[];
}

/** One run of the list. */
export interface RunRow extends RunListing {
  /** Name of its folder, by which its page is found. */
  readonly folder: string;
  /** Undefined without a summary. */
  readonly figures: RunFigures | undefined;
}
