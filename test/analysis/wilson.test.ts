import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { wilsonInterval } from '../../src/analysis/wilson.ts';

describe("Wilson's score interval", () => {
  // Newcombe 1998, Statistics in Medicine 17:857-872, table I (method 3): 81/263, 15/148, 0/20, 1/29.
  it.each([
    [0, 10, 0, 0.2775],
    [1, 10, 0.0179, 0.4042],
    [50, 100, 0.4038, 0.5962],
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('of %i in %i is %f to %f', (hits, trials, low, high) => {
    const interval = wilsonInterval(hits, trials);
    expect(interval[0]).toBeCloseTo(low, 4);
    expect(interval[1]).toBeCloseTo(high, 4);
  });

  it('spans everything where there were no trials', () => {
    expect(wilsonInterval(0, 0)).toEqual([0, 1]);
  });

  it('ends at exactly 0 and 1 where nothing or everything was hit', () => {
    expect(wilsonInterval(0, 3)[0]).toBe(0);
    expect(wilsonInterval(3, 3)[1]).toBe(1);
  });

  it('is the mirror image for misses, and always holds the share itself', () => {
    const cases = fc
      .integer({ min: 1, max: 1_000_000 })
      .chain((trials) => fc.tuple(fc.integer({ min: 0, max: trials }), fc.constant(trials)));
    fc.assert(
      fc.property(cases, ([hits, trials]) => {
        const [low, high] = wilsonInterval(hits, trials);
        const [missLow, missHigh] = wilsonInterval(trials - hits, trials);
        expect(low).toBeCloseTo(1 - missHigh, 10);
        expect(high).toBeCloseTo(1 - missLow, 10);
        expect(low).toBeGreaterThanOrEqual(0);
        expect(low).toBeLessThanOrEqual(hits / trials);
        expect(high).toBeGreaterThanOrEqual(hits / trials);
        expect(high).toBeLessThanOrEqual(1);
      }),
    );
  });
});
