import { deflateSync, inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { build } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { addEncoded } from '../../src/metrics/encoded.ts';
import {
  createHistogram,
  encodeHistogram,
  type Histogram,
  LONGEST_US,
  quantilesOf,
} from '../../src/metrics/histogram.ts';
import { decodeHistogram } from './decode.ts';

const sumOf = (...texts: string[]): Histogram => {
  const sum = createHistogram();
  for (const text of texts) addEncoded(sum, text);
  return sum;
};

const of = (counts: readonly (readonly [us: number, count: number])[]): Histogram => {
  const histogram = createHistogram();
  for (const [us, count] of counts) histogram.recordValueWithCount(us, count);
  return histogram;
};

/** Every order of magnitude alike: most whole numbers up to an hour are near an hour. */
const time = fc
  .tuple(fc.integer({ min: 0, max: 31 }), fc.integer({ min: 0, max: 2 ** 31 - 1 }))
  .map(([bits, value]) => Math.min(LONGEST_US, (value % 2 ** bits) * (bits === 31 ? 2 : 1)));
/** Of one byte in the encoding, and of several. */
const count = fc.oneof(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 100_000_000 }));
const counts = fc.array(fc.tuple(time, count), { minLength: 1, maxLength: 20 });

describe('adding encoded histograms', () => {
  it('gives what the library gives that encoded them', () => {
    fc.assert(
      fc.property(counts, counts, (one, two) => {
        const texts = [encodeHistogram(of(one)), encodeHistogram(of(two))] as const;
        const wanted = decodeHistogram(texts[0]);
        expect(encodeHistogram(sumOf(texts[0]))).toBe(texts[0]);
        wanted.add(decodeHistogram(texts[1]));
        const sum = sumOf(...texts);
        expect(encodeHistogram(sum)).toBe(encodeHistogram(wanted));
        expect(quantilesOf(sum)).toEqual(quantilesOf(wanted));
      }),
      { numRuns: 200 },
    );
  });

  it('takes the first and the last value that there can be', () => {
    const both = encodeHistogram(
      of([
        [0, 3],
        [LONGEST_US, 2],
      ]),
    );
    const { count, min, max } = quantilesOf(sumOf(both));
    expect([count, min]).toEqual([5, 0]);
    expect(max).toBe(decodeHistogram(both).maxValue);
  });

  it('takes an empty one', () => {
    expect(sumOf(encodeHistogram(createHistogram())).totalCount).toBe(0);
  });

  it('refuses what is torn, foreign or of another precision, and leaves the sum as it was', () => {
    const whole = encodeHistogram(
      of([
        [70, 1],
        [4_444, 300],
        [1_000_000, 2],
      ]),
    );
    const coarse = build({ highestTrackableValue: LONGEST_US, numberOfSignificantValueDigits: 2 });
    coarse.recordValue(5);
    const packed = Buffer.from(whole, 'base64');
    const inner = inflateSync(packed.subarray(8));
    inner.writeUInt32BE(0x1c849303, 0);
    const otherWords = Buffer.concat([packed.subarray(0, 8), deflateSync(inner)]).toString('base64');
    const sum = of([[1, 1]]);
    for (const text of [
      '',
      'HIST',
      whole.slice(0, -8),
      whole.slice(4),
      encodeHistogram(coarse),
      otherWords,
    ]) {
      expect(() => addEncoded(sum, text), text).toThrow();
    }
    expect(sum.totalCount).toBe(1);
  });
});
