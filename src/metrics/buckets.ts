/**
 * HdrHistogram's layout for 1 us to 1 h with three digits (AbstractHistogram.java, countsArrayIndex): values below
 * 2,048 have one count each; each further doubling has half as many, so that 3.6e9 is at the last but a few.
 */
const SUB_BUCKETS = 2_048;
const HALF = SUB_BUCKETS / 2;

/** 2,048 * 2^21 is the first such doubling beyond an hour. */
const DOUBLINGS = 21;

/** Number of bits in a value below SUB_BUCKETS. */
const SUB_BUCKET_BITS = 11;

/** Number of counts in a histogram. */
export const BUCKETS = SUB_BUCKETS + DOUBLINGS * HALF;

/**
 * The index of a value's count.
 * @param us integer, 0 to an hour: it fits 32 bits, unsigned
 */
export function bucketOf(us: number): number {
  if (us < SUB_BUCKETS) return us;
  const doublings = 32 - SUB_BUCKET_BITS - Math.clz32(us);
  return doublings * HALF + (us >>> doublings);
}

/** The lowest value that is counted at an index. */
export function valueAt(index: number): number {
  if (index < SUB_BUCKETS) return index;
  return ((index % HALF) + HALF) * 2 ** (Math.floor(index / HALF) - 1);
}

/** A value in the middle of those counted at an index, rounded up: it represents them all in a mean. */
export function middleOf(index: number): number {
  const lowest = valueAt(index);
  return lowest + Math.floor((valueAt(index + 1) - lowest) / 2);
}
