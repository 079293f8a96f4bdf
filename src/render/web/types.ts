import type { Diagnosis } from '../../analysis/types.ts';
import type { RunListing } from '../../read/listing.ts';

/** The figures of one arm for lists and trends. */
export interface ArmFigures {
  readonly name: string;
  readonly started: number;
  readonly stalled: number;
  /** stalled / started. */
  readonly rate: number;
  readonly ci95: readonly [number, number];
}

/** The part of a summary for lists and trends. */
export interface RunFigures {
  readonly lastedUs: number;
  readonly arms: readonly ArmFigures[];
  /** Why, as far as it can tell; absent in summaries of earlier versions. */
  readonly diagnosis?: Pick<Diagnosis, 'verdict' | 'causes'>;
}

/** A fleet's run in the list. */
export interface FleetRow {
  readonly id: string;
  /** May be empty. */
  readonly label: string;
  /** RFC 3339; undefined: not known. */
  readonly startsAt: string | undefined;
  readonly probes: number;
  readonly sites: readonly string[];
}

/** A row of the list. */
export interface RunRow extends RunListing {
  /** Name of its folder, used in its address. */
  readonly folder: string;
  /** Undefined without a summary. */
  readonly figures: RunFigures | undefined;
}
