export interface Fault {
  readonly kind: string;
  readonly probe: string;
  /** Since the order, and for how long. */
  readonly atSec: number;
  readonly lastsSec: number;
  /** 0 to 1: what else is left to chance. */
  readonly random: number;
}

/** What befalls a run, drawn by chance: the same for the same seed. */
export function drawFaults(seed: number, probes: readonly string[], count: number): Fault[];
