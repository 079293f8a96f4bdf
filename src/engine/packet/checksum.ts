/**
 * The internet checksum (RFC 1071) over words as this machine reads them: one's complement sums do not depend on byte
 * order, as long as the result is stored as it was read.
 */

/** Sum of a word's halves. */
export function halves(word: number): number {
  return (word & 0xffff) + (word >>> 16);
}

/** Sum of the halves of words `from` up to, not including, `to`. */
export function sumWords(words: Int32Array, from: number, to: number): number {
  let sum = 0;
  for (let at = from; at < to; at += 1) {
    const word = words[at]!;
    sum += (word & 0xffff) + (word >>> 16);
  }
  return sum;
}

/** The checksum of a sum below 2^32. */
export function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}

/** A 16-bit number with its bytes swapped. */
export function swap16(value: number): number {
  return ((value & 0xff) << 8) | ((value >>> 8) & 0xff);
}
