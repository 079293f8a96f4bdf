/** Pseudo-random numbers from 0 up to 1. */
export type Random = () => number;

/** Pseudo-random whole numbers below a bound. */
export type RandomBelow = (bound: number) => number;

/**
 * Mulberry32 (Tommy Ettinger): 32 bits of state, good enough to spread ports and to shuffle nights, never for secrets.
 * @param seed whole number; equal seeds give equal numbers everywhere
 */
export function createRandom(seed: number): Random {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** As {@link createRandom}. */
export function createRandomBelow(seed: number): RandomBelow {
  const random = createRandom(seed);
  return (bound) => Math.floor(random() * bound);
}

/** A seed of its own for each name: FNV-1a (Fowler, Noll and Vo), 32 bits. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash;
}

/** Puts the values at these places into a random order, each equally likely (Fisher and Yates). */
export function shuffleAt(values: Float64Array, places: Uint32Array, random: Random): void {
  for (let last = places.length - 1; last > 0; last -= 1) {
    const one = places[last]!;
    const other = places[Math.floor(random() * (last + 1))]!;
    const kept = values[one]!;
    values[one] = values[other]!;
    values[other] = kept;
  }
}
