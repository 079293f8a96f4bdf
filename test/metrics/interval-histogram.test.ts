import { inflateSync } from 'node:zlib';
import fc from 'fast-check';
import { encodeIntoCompressedBase64 } from 'hdr-histogram-js';
import { describe, expect, it } from 'vitest';
import { BUCKETS, bucketOf, middleOf, valueAt } from '../../src/metrics/buckets.ts';
import {
  createHistogram,
  encodeHistogram,
  LONGEST_US,
  quantilesOf,
  recordUs,
} from '../../src/metrics/histogram.ts';
import { IntervalHistogram } from '../../src/metrics/interval-histogram.ts';
import { decodeHistogram } from './decode.ts';

/** Every order of magnitude alike, fractions and what lies beyond both ends included. */
const time = fc
  .tuple(fc.integer({ min: 0, max: 33 }), fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([bits, share]) => 2 ** bits * share - 1);
const times = fc.array(time, { minLength: 1, maxLength: 300 });

/** What is compressed, without the cookie and the two words of which the library writes its own. */
function countsIn(text: string): string {
  const inner = inflateSync(Buffer.from(text, 'base64').subarray(8));
  return Buffer.concat([inner.subarray(0, 8), inner.subarray(12, 32), inner.subarray(40)]).toString('hex');
}

describe('the times of one second', () => {
  it('come out as the library encodes them, byte for byte', () => {
    fc.assert(
      fc.property(times, (all) => {
        const interval = new IntervalHistogram();
        const library = createHistogram();
        for (const us of all) {
          interval.record(us);
          recordUs(library, us);
        }
        const wanted = countsIn(encodeIntoCompressedBase64(library));
        expect(countsIn(interval.take()!)).toBe(wanted);
        expect(countsIn(encodeHistogram(library))).toBe(wanted);
      }),
      { numRuns: 200 },
    );
  });

  it('are gone once they are taken, whichever were recorded', () => {
    const interval = new IntervalHistogram();
    expect(interval.take()).toBeUndefined();
    for (const us of [0, 70, 5_000, 1_000_000, LONGEST_US]) {
      interval.record(us);
      interval.record(us + 3);
      expect(decodeHistogram(interval.take()!).totalCount).toBe(2);
      expect(interval.take()).toBeUndefined();
    }
  });

  it('may be more than the encoder first has room for', () => {
    const interval = new IntervalHistogram();
    const library = createHistogram();
    for (let index = 0; index < BUCKETS && valueAt(index) <= LONGEST_US; index += 1) {
      interval.record(valueAt(index));
      recordUs(library, valueAt(index));
    }
    expect(countsIn(interval.take()!)).toBe(countsIn(encodeIntoCompressedBase64(library)));
  });
});

describe("a histogram's counts", () => {
  it('have the indexes and values that the library gives them', () => {
    const library = createHistogram() as unknown as Record<string, (value: number) => number>;
    fc.assert(
      fc.property(time, (us) => {
        const whole = Math.round(Math.min(LONGEST_US, Math.max(0, us)));
        const index = bucketOf(whole);
        expect(index).toBe(library['countsArrayIndex']!(whole));
        expect(valueAt(index)).toBe(library['valueFromIndex']!(index));
        expect(middleOf(index)).toBe(library['medianEquivalentValue']!(whole));
      }),
    );
    expect(bucketOf(LONGEST_US)).toBeLessThan(BUCKETS);
  });

  it('give the mean that the library gives', () => {
    fc.assert(
      fc.property(times, (all) => {
        const library = createHistogram();
        for (const us of all) recordUs(library, us);
        expect(quantilesOf(library).mean).toBe(Math.round(library.mean * 10) / 10);
      }),
    );
  });
});
