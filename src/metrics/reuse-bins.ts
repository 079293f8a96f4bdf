/** How long an attempt's source port had rested since its last close, microseconds; -1: never used before. */
export interface ReuseAge {
  /** Since the same port closed, at any address. */
  readonly portUs: number;
  /** Since the same address and port closed. */
  readonly sourceUs: number;
}

export const FIRST_USE: ReuseAge = { portUs: -1, sourceUs: -1 };

/** Ages of source ports, sorted into bins. */
export interface ReuseBins {
  /** The name of each bin: its lower edge, or its exact age, in milliseconds. */
  readonly keys: readonly string[];
  /** Index of the bin; -1 for a port never used before, and for an age without a bin. */
  indexOf(ageUs: number): number;
}

/** Neighbouring edges differ by a tenth: finer than the 20 % within which a timer is to be located. */
const BINS_A_DECADE = 24;

/** 1 ms to 10^8 ms, over a day: no run is longer (scenario/bounds.ts). */
const DECADES = 8;

/** Bins that grow by about a tenth each, from 1 ms; lower ages share a bin called 0. */
export function createAgeBins(): ReuseBins {
  const grown = Array.from({ length: BINS_A_DECADE * DECADES }, (_, index) =>
    Number((10 ** (index / BINS_A_DECADE)).toPrecision(3)),
  );
  const edgesMs = Float64Array.of(0, ...grown);
  return {
    keys: [...edgesMs].map(String),
    indexOf(ageUs) {
      if (ageUs < 0) return -1;
      const ageMs = ageUs / 1_000;
      if (ageMs < 1) return 0;
      // Edges are rounded to three digits, the logarithm is not: the index may be off by one.
      let index = Math.min(1 + Math.floor(Math.log10(ageMs) * BINS_A_DECADE), edgesMs.length - 1);
      while (index > 1 && edgesMs[index]! > ageMs) index -= 1;
      while (index + 1 < edgesMs.length && edgesMs[index + 1]! <= ageMs) index += 1;
      return index;
    },
  };
}

/**
 * One bin for each of these ages and none for any other: a sweep's own delays.
 * @param agesUs ascending, each once
 */
export function createExactBins(agesUs: readonly number[]): ReuseBins {
  const indexes = new Map(agesUs.map((ageUs, index) => [ageUs, index]));
  return {
    keys: agesUs.map((ageUs) => String(ageUs / 1_000)),
    indexOf: (ageUs) => indexes.get(ageUs) ?? -1,
  };
}
