import { deflateSync } from 'node:zlib';

/**
 * HdrHistogram's V2 encoding (EncodableHistogram.java, AbstractHistogram.encodeIntoByteBuffer; the word size is in
 * the cookie's second digit). Compressed: a cookie, the length of what follows, and the zlib data; inside, a header
 * of 40 bytes and the counts.
 */
export const COMPRESSED_COOKIE = 0x1c849314;
export const COMPRESSED_HEAD_BYTES = 8;
export const COOKIE = 0x1c849313;
export const HEAD_BYTES = 40;

/** A word of the counts: 8 bytes of 7 bits, and a ninth of 8 (ZigZagEncoding.java, LEB128-64b9B). */
export const LONGEST_WORD_BYTES = 9;

/** Room for the counts of a second at some thousands of connections per second; it grows if needed. */
const FIRST_BYTES = 8_192;

/**
 * For zlib: a second's counts are a few hundred to a few thousand bytes. Its defaults allocate 268 KB for each and 16
 * KB for the result. Smaller results than these would come from Node's pool, whose chunks live long enough to be
 * collected late.
 */
const SMALL = { windowBits: 12, memLevel: 5, chunkSize: 4_096 } as const;

/** A histogram's contents, and its value range. */
export interface Counted {
  readonly digits: number;
  readonly lowest: number;
  readonly highest: number;
  /** Index of the first count that is not zero. */
  readonly first: number;
  /** Index after the last count that is not zero. */
  readonly end: number;
  countAt(index: number): number;
}

/** Encodes histograms one after the other in the same memory. */
export class HistogramEncoder {
  #bytes = Buffer.alloc(FIRST_BYTES);
  #packed = Buffer.alloc(FIRST_BYTES);
  #at = 0;

  /** Compressed, in base64, as the histogram log format carries it. */
  encode(counted: Counted): string {
    this.#at = HEAD_BYTES;
    this.#writeCounts(counted);
    this.#writeHead(counted);
    return this.#pack();
  }

  #pack(): string {
    const deflated = deflateSync(this.#bytes.subarray(0, this.#at), SMALL);
    const end = COMPRESSED_HEAD_BYTES + deflated.length;
    if (end > this.#packed.length) this.#packed = Buffer.alloc(end * 2);
    this.#packed.writeUInt32BE(COMPRESSED_COOKIE, 0);
    this.#packed.writeUInt32BE(deflated.length, 4);
    deflated.copy(this.#packed, COMPRESSED_HEAD_BYTES);
    return this.#packed.toString('base64', 0, end);
  }

  /** Counts are words of twice their value; runs of zeros are odd words of their length (ZigZag). */
  #writeCounts({ first, end, countAt }: Counted): void {
    let zeros = first;
    for (let index = first; index < end; index += 1) {
      const count = countAt(index);
      if (count === 0) {
        zeros += 1;
        continue;
      }
      this.#writeZeros(zeros);
      this.#writeWord(count * 2);
      zeros = 0;
    }
    // Only an empty histogram ends with one.
    this.#writeZeros(zeros);
  }

  #writeZeros(run: number): void {
    if (run > 0) this.#writeWord(run === 1 ? 0 : run * 2 - 1);
  }

  #writeWord(word: number): void {
    if (this.#at + LONGEST_WORD_BYTES > this.#bytes.length) {
      this.#bytes = Buffer.concat([this.#bytes], this.#bytes.length * 2);
    }
    let rest = word;
    while (rest >= 128) {
      this.#bytes[this.#at] = (rest % 128) + 128;
      this.#at += 1;
      rest = Math.floor(rest / 128);
    }
    this.#bytes[this.#at] = rest;
    this.#at += 1;
  }

  #writeHead({ digits, lowest, highest }: Counted): void {
    const bytes = this.#bytes;
    bytes.writeUInt32BE(COOKIE, 0);
    bytes.writeUInt32BE(this.#at - HEAD_BYTES, 4);
    // Not shifted or scaled: only auto-resizing histograms or those of fractions are.
    bytes.writeUInt32BE(0, 8);
    bytes.writeUInt32BE(digits, 12);
    bytes.writeBigInt64BE(BigInt(lowest), 16);
    bytes.writeBigInt64BE(BigInt(highest), 24);
    bytes.writeDoubleBE(1, 32);
  }
}
