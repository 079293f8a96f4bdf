/** Pseudo-random whole numbers below a bound. */
export type RandomBelow = (bound: number) => number;

/**
 * Mulberry32 (Tommy Ettinger): 32 bits of state, good enough to spread ports and never for secrets.
 * @param seed whole number; equal seeds give equal numbers
 */
export function createRandom(seed: number): RandomBelow {
  let state = seed | 0;
  return (bound) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * bound);
  };
}

/** A seed of its own for each name: FNV-1a (Fowler, Noll and Vo), 32 bits. */
export function seedOf(name: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < name.length; index += 1) {
    hash = Math.imul(hash ^ name.charCodeAt(index), 0x01000193);
  }
  return hash;
}
