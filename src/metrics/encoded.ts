import { inflateSync } from 'node:zlib';
import { valueAt } from './buckets.ts';
import {
  COMPRESSED_COOKIE,
  COMPRESSED_HEAD_BYTES,
  COOKIE,
  HEAD_BYTES,
  LONGEST_WORD_BYTES,
} from './encoding.ts';
import { type Histogram, LONGEST_US, SIGNIFICANT_DIGITS } from './histogram.ts';

/** For zlib, which would otherwise allocate 16 KB for each result: most seconds' counts are shorter than this. */
const CHUNK_BYTES = 4_096;

/**
 * Adds an encoded histogram to a sum without creating a histogram from it: otherwise one of 92 KB for each arm, phase
 * and second would be left to the garbage collector.
 * @param sum made by createHistogram, or anything else that can record values
 * @throws Error if the text was not made by encodeHistogram or is incomplete; the sum is then unchanged
 */
export function addEncoded(sum: Pick<Histogram, 'recordValueWithCount'>, text: string): void {
  const bytes = unpack(text);
  const end = HEAD_BYTES + bytes.readUInt32BE(4);
  let at = HEAD_BYTES;
  let index = 0;
  let last = -1;
  while (at < end) {
    let word = 0;
    let weight = 1;
    const longest = at + LONGEST_WORD_BYTES;
    for (;;) {
      const byte = bytes.readUInt8(at);
      at += 1;
      const isLast = byte < 128 || at === longest;
      word += (isLast ? byte : byte - 128) * weight;
      if (isLast) break;
      weight *= 128;
    }
    // Odd words are runs of zeros, even ones counts (ZigZag).
    if (word % 2 === 1) {
      index += (word + 1) / 2;
    } else {
      if (word > 0) {
        sum.recordValueWithCount(valueAt(index), word / 2);
        last = index;
      }
      index += 1;
    }
  }
  // The exact maximum is not encoded. Like the library, use the largest value that it may have been.
  if (last >= 0) sum.recordValueWithCount(valueAt(last + 1) - 1, 0);
}

/**
 * Header and counts. zlib's checksum guarantees that they are complete: nothing is added from a truncated histogram.
 */
function unpack(text: string): Buffer {
  if (text.length % 4 !== 0) throw new Error('torn base64');
  const packed = Buffer.from(text, 'base64');
  if (packed.length < COMPRESSED_HEAD_BYTES || packed.readUInt32BE(0) !== COMPRESSED_COOKIE)
    throw new Error('not a compressed V2 histogram');
  const bytes = inflateSync(packed.subarray(COMPRESSED_HEAD_BYTES), { chunkSize: CHUNK_BYTES });
  if (!isOurs(bytes)) throw new Error('a histogram of another range or precision');
  return bytes;
}

/** Checks digits, lowest and highest value against createHistogram's. */
function isOurs(bytes: Buffer): boolean {
  return (
    bytes.length >= HEAD_BYTES &&
    bytes.readUInt32BE(0) === COOKIE &&
    bytes.readUInt32BE(12) === SIGNIFICANT_DIGITS &&
    bytes.readBigInt64BE(16) === 1n &&
    bytes.readBigInt64BE(24) === BigInt(LONGEST_US)
  );
}
