import { describe, expect, it } from 'vitest';
import { chanceByLuck, differenceOf } from '../../../src/analysis/compare/difference.ts';
import {
  type Estimate,
  estimateMean,
  estimateShare,
  scoreLimits,
} from '../../../src/analysis/compare/estimate.ts';
import { correctChances } from '../../../src/analysis/compare/holm.ts';
import { addVariances, varianceOfSum } from '../../../src/analysis/compare/long-run.ts';
import { smallestRise } from '../../../src/analysis/compare/power.ts';
import { ratioOf } from '../../../src/analysis/compare/ratio.ts';
import { normalQuantile, tQuantile } from '../../../src/analysis/compare/students-t.ts';
import { createRandom } from '../../../src/random.ts';

const Z95 = 1.959964;

/** As many independent attempts as there are, with a variance that says so and is known for sure. */
function independent(hits: number, attempts: number): Estimate {
  const share = hits / attempts;
  const spread = { variance: (share * (1 - share)) / attempts, df: 1e9 };
  return estimateShare({ value: share, whole: attempts, spread });
}

describe('quantiles', () => {
  it("are those of the tables of Student's t (NIST/SEMATECH e-Handbook 1.3.6.7.2)", () => {
    for (const [chance, df, value] of [
      [0.975, 1, 12.706],
      [0.975, 6, 2.447],
      [0.95, 10, 1.812],
      [0.995, 30, 2.75],
      [0.8, 4, 0.941],
    ] as const) {
      expect(tQuantile(chance, df)).toBeCloseTo(value, 3);
    }
    expect(tQuantile(0.975, Number.POSITIVE_INFINITY)).toBeCloseTo(Z95, 4);
    expect(normalQuantile(0.975)).toBeCloseTo(Z95, 6);
  });
});

describe('score limits', () => {
  it('are those of Newcombe 1998 (Statistics in Medicine 17:857, table I, method 3)', () => {
    for (const [hits, trials, low, high] of [
      [81, 263, 0.2553, 0.3662],
      [15, 148, 0.0624, 0.1605],
      [0, 20, 0, 0.1611],
      [1, 29, 0.0061, 0.1718],
    ] as const) {
      const [lower, upper] = scoreLimits(hits / trials, trials, Z95);
      expect(lower).toBeCloseTo(low, 4);
      expect(upper).toBeCloseTo(high, 4);
    }
  });
});

describe('the interval of a difference', () => {
  it('is that of Newcombe 1998 (Statistics in Medicine 17:873, table II, method 10)', () => {
    for (const [hits, of, otherHits, otherOf, low, high] of [
      [56, 70, 48, 80, 0.0524, 0.3339],
      [9, 10, 3, 10, 0.1705, 0.809],
      [10, 10, 0, 20, 0.6791, 1],
      [5, 56, 0, 29, -0.0381, 0.1926],
    ] as const) {
      const [lower, upper] = differenceOf(independent(otherHits, otherOf), independent(hits, of)).interval(
        0.05,
      );
      expect(lower).toBeCloseTo(low, 3);
      expect(upper).toBeCloseTo(high, 3);
    }
  });

  it('is twice as far from independent attempts where these come in fours', () => {
    const clustered = (hits: number): Estimate => {
      const share = hits / 100_000;
      const spread = { variance: (4 * share * (1 - share)) / 100_000, df: 1e9 };
      return estimateShare({ value: share, whole: 100_000, spread });
    };
    const [low, high] = differenceOf(clustered(5_000), clustered(5_000)).interval(0.05);
    const [singleLow, singleHigh] = differenceOf(
      independent(5_000, 100_000),
      independent(5_000, 100_000),
    ).interval(0.05);
    expect((high - low) / (singleHigh - singleLow)).toBeCloseTo(2, 2);
  });

  it('gives the chance at which it begins to reach the margin', () => {
    const mean = (value: number): Estimate =>
      estimateMean({ value, whole: 1, spread: { variance: 0.5, df: 1e9 } });
    // Variances add up to 1: two standard errors are a chance of 4.55 %.
    expect(chanceByLuck(differenceOf(mean(0), mean(2)), 0)).toBeCloseTo(0.0455, 4);
    expect(chanceByLuck(differenceOf(mean(0), mean(-3)), 1)).toBeCloseTo(0.0455, 4);
    expect(chanceByLuck(differenceOf(mean(0), mean(1)), 1)).toBe(1);
  });

  it('takes a side without a single stall for as clustered as the other', () => {
    const share = 0.1;
    const spread = { variance: (100 * share * (1 - share)) / 10_000, df: 1e9 };
    const before = estimateShare({ value: share, whole: 10_000, spread });
    const difference = differenceOf(before, independent(0, 10_000));
    expect(difference.clustering).toBeCloseTo(100, 6);
    // 100 attempts that count a side: Newcombe's interval of 10/100 against 0/100.
    const [low, high] = difference.interval(0.05);
    expect(low).toBeCloseTo(-0.1744, 3);
    expect(high).toBeCloseTo(-0.0419, 3);
  });
});

describe('the variance of a sum', () => {
  it('is that of independent seconds where they are, and of bursts where they come in bursts', () => {
    const random = createRandom(9);
    const noise = (): number => random() + random() + random() - 1.5;
    const length = 40_000;
    const white = Float64Array.from({ length }, noise);
    let at = 0;
    const memory = 0.9;
    const red = white.map((value) => {
      at = memory * at + value;
      return at;
    });
    const mean = (values: Float64Array): number => values.reduce((sum, value) => sum + value, 0) / length;
    const varianceOf = (values: Float64Array): number => {
      const centre = mean(values);
      return (
        varianceOfSum(
          values.map((value) => value - centre),
          length,
        ).variance / length
      );
    };
    // A quarter each; the long-run variance of an AR(1) is that of its noise / (1 - memory)^2. 40 terms: 22 % is one error.
    expect(varianceOf(white) / 0.25).toBeGreaterThan(0.55);
    expect(varianceOf(white) / 0.25).toBeLessThan(1.6);
    expect(varianceOf(red) / 25).toBeGreaterThan(0.55);
    expect(varianceOf(red) / 25).toBeLessThan(1.6);
  });

  it('has more degrees of freedom the longer it is, between 4 and 40', () => {
    const df = (seconds: number): number => varianceOfSum(new Float64Array(1_000), seconds).df;
    expect([30, 1_800, 28_800].map(df)).toEqual([4, 9, 40]);
  });

  it('adds up with those of both where they are alike, and with those of the larger where they are not', () => {
    expect(
      addVariances([
        { variance: 1, df: 6 },
        { variance: 1, df: 6 },
      ]).df,
    ).toBeCloseTo(12, 6);
    expect(
      addVariances([
        { variance: 1, df: 6 },
        { variance: 0, df: 6 },
      ]),
    ).toEqual({ variance: 1, df: 6 });
    expect(
      addVariances([
        { variance: 0, df: 6 },
        { variance: 0, df: 6 },
      ]).df,
    ).toBe(12);
  });
});

describe('a ratio', () => {
  it('varies as runs do where runs are the units (worked by hand)', () => {
    const run = (part: number) => ({ part: Float64Array.of(part), whole: Float64Array.of(100), seconds: 30 });
    const ratio = ratioOf([run(1), run(2), run(6)], 'runs');
    // 9/300; residuals -2, -1, 3; (3/2) * 14 / 300^2, root.
    expect(ratio?.value).toBeCloseTo(0.03, 12);
    expect(ratio?.spread?.variance).toBeCloseTo((1.5 * 14) / 90_000, 12);
    expect(ratio?.spread?.df).toBe(2);
  });

  it('is not said to vary in any way where a run has but a few seconds', () => {
    const course = (seconds: number) => ({
      part: new Float64Array(seconds),
      whole: new Float64Array(seconds).fill(10),
      seconds,
    });
    expect(ratioOf([course(7)], 'seconds')?.spread).toBeUndefined();
    expect(ratioOf([course(8)], 'seconds')?.spread).toEqual({ variance: 0, df: 4 });
    expect(
      ratioOf([{ part: new Float64Array(9), whole: new Float64Array(9), seconds: 9 }], 'seconds'),
    ).toBeUndefined();
  });
});

describe("Holm's correction", () => {
  it('is that of R: p.adjust(c(0.01, 0.04, 0.03, 0.005), "holm")', () => {
    const corrected = correctChances([0.01, 0.04, 0.03, 0.005].map((chance) => ({ chance, weight: 1 })));
    expect(corrected.map((chance) => Number(chance.toFixed(6)))).toEqual([0.03, 0.06, 0.06, 0.02]);
  });

  it('spends less on questions of less weight', () => {
    const [heavy, light] = correctChances([
      { chance: 0.03, weight: 0.8 },
      { chance: 0.03, weight: 0.2 },
    ]);
    expect(heavy).toBeCloseTo(0.0375, 12);
    expect(light).toBeCloseTo(0.0375, 12);
    expect(
      correctChances([
        { chance: 0.5, weight: 1 },
        { chance: 0.03, weight: 0.2 },
      ])[1],
    ).toBeCloseTo(0.18, 12);
  });
});

describe('the smallest rise', () => {
  it('is near that of the usual formula where shares are neither rare nor clustered', () => {
    // (1.96 + 0.84) * sqrt(2 * 0.5 * 0.5 / 10,000) = 0.0198.
    const design = { before: 0.5, attemptsBefore: 10_000, attemptsAfter: 10_000 };
    expect(smallestRise(design, { clustering: 1, df: 1e6 }, 0.05)).toBeCloseTo(0.0198, 3);
    expect(smallestRise(design, { clustering: 4, df: 1e6 }, 0.05)).toBeCloseTo(0.0396, 3);
  });

  it('is none where even a share of 1 would not be told', () => {
    expect(
      smallestRise({ before: 0.5, attemptsBefore: 4, attemptsAfter: 4 }, { clustering: 1, df: 6 }, 0.01),
    ).toBeNull();
  });
});
