/** About one attempt in so many is a sample of what is healthy. */
const ONE_IN = 32;
/** Of the first ones some always are, so that a short run has a sample too. */
const FIRST = 2;

/**
 * Whether an attempt belongs to the random sample of healthy ones that is looked at more closely: the same in every run, and for
 * all who ask. The number is mixed as splitmix32 does, so that no period of a load shows in the choice.
 */
export function isSampled(arm: number, attempt: number): boolean {
  if (attempt < FIRST) return true;
  let mixed = (Math.imul(arm + 1, 0x9e37_79b9) + attempt) | 0;
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x21f0_aaad);
  mixed = Math.imul(mixed ^ (mixed >>> 15), 0x735a_2d97);
  return ((mixed ^ (mixed >>> 15)) >>> 0) % ONE_IN === 0;
}
