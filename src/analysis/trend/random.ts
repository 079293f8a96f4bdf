/**
 * Mulberry32 (Tommy Ettinger): the same numbers for the same seed everywhere, so that the same nights give the same
 * verdict.
 * @returns numbers from 0 up to 1
 */
export function createRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** Puts what stands in these places into another order, each as likely (Fisher and Yates). */
export function shuffleAt(values: Float64Array, places: Uint32Array, random: () => number): void {
  for (let last = places.length - 1; last > 0; last -= 1) {
    const one = places[last]!;
    const other = places[Math.floor(random() * (last + 1))]!;
    const kept = values[one]!;
    values[one] = values[other]!;
    values[other] = kept;
  }
}
