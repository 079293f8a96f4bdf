import { describe, expect, it } from 'vitest';
import { testDrift } from '../../../src/analysis/trend/drift.ts';
import { minimumNights, smallestStepSds } from '../../../src/analysis/trend/reach.ts';
import { likenessOf, measureShift } from '../../../src/analysis/trend/statistics.ts';
import { testStep } from '../../../src/analysis/trend/step.ts';
import { createRandom } from '../../../src/random.ts';

const series = (values: readonly number[], classes = values.map(() => 0)) => ({
  values,
  days: values.map((_, index) => index),
  classes,
});

/** Flow of the Nile at Aswan, 1871-1970 (Cobb 1978, Biometrika 65:243): it fell after 1898. */
const NILE = [
  1120, 1160, 963, 1210, 1160, 1160, 813, 1230, 1370, 1140, 995, 935, 1110, 994, 1020, 960, 1180, 799, 958,
  1140, 1100, 1210, 1150, 1250, 1260, 1220, 1030, 1100, 774, 840, 874, 694, 940, 833, 701, 916, 692, 1020,
  1050, 969, 831, 726, 456, 824, 702, 1120, 1100, 832, 764, 821, 768, 845, 864, 862, 698, 845, 744, 796, 1040,
  759, 781, 865, 845, 944, 984, 897, 822, 1010, 771, 676, 649, 846, 812, 742, 801, 1040, 860, 874, 848, 890,
  744, 749, 838, 1050, 918, 986, 797, 923, 975, 815, 1020, 906, 901, 1170, 912, 746, 919, 718, 714, 740,
];

/** An order of 1 to `n` with S pairs up less pairs down: from ascending, neighbours are swapped. */
function orderWithS(n: number, s: number): number[] {
  const values = Array.from({ length: n }, (_, index) => index);
  let swaps = ((n * (n - 1)) / 2 - s) / 2;
  for (let end = n - 1; end > 0 && swaps > 0; end -= 1) {
    for (let at = 0; at < end && swaps > 0; at += 1) {
      [values[at], values[at + 1]] = [values[at + 1]!, values[at]!];
      swaps -= 1;
    }
  }
  return values;
}

describe('the test for a drift', () => {
  it.each([
    // Kendall 1975, table 1: one-sided chances of S or more.
    [4, 4, 0.167],
    [4, 6, 0.042],
    [5, 8, 0.042],
    [5, 10, 0.0083],
    [8, 16, 0.031],
    [10, 21, 0.036],
    [10, 23, 0.023],
  ])('has the chances of Kendall’s table: %i nights, S = %i', (n, s, oneSided) => {
    const drift = testDrift(series(orderWithS(n, s)), 1);
    expect(drift.s).toBe(s);
    expect(drift.chance / 2).toBeCloseTo(oneSided, 3);
  });

  it('has the S and variance that the MannKendall packages have for 1 to 100', () => {
    const drift = testDrift(series(Array.from({ length: 100 }, (_, index) => index + 1)), 1);
    expect([drift.s, drift.variance, drift.slope]).toEqual([4_950, 112_750, 1]);
  });

  it('has the slope of the example of Hollander and Wolfe (9.1): five years of seeded clouds', () => {
    const drift = testDrift(series([1.26, 1.27, 1.12, 1.16, 1.03]), 1);
    expect(drift.s).toBe(-6);
    expect(drift.chance).toBeCloseTo(2 * 0.117, 2);
    expect(drift.slope).toBeCloseTo(-0.056, 3);
  });

  it('takes ties out of the variance', () => {
    // n(n-1)(2n+5)/18 of 6, less the same of 3 and of 2.
    const drift = testDrift(series([1, 2, 2, 2, 3, 3]), 1);
    expect([drift.s, drift.variance]).toEqual([11, 510 / 18 - 66 / 18 - 18 / 18]);
    expect(testDrift(series([5, 5, 5, 5, 5, 5, 5, 5]), 1)).toMatchObject({ chance: 1, slope: 0 });
  });

  it('compares nights of one class alone where there are two', () => {
    const values = [1, 100, 2, 90, 3, 80, 4, 70];
    const drift = testDrift(series(values, [0, 1, 0, 1, 0, 1, 0, 1]), 1);
    expect(drift.s).toBe(0);
    expect(testDrift(series(values.filter((_, index) => index % 2 === 0)), 1).s).toBe(6);
  });
});

describe('the test for a step', () => {
  it('finds that the Nile fell after 1898, and by how much', () => {
    const step = testStep(series(NILE), 1);
    expect(1_870 + step.split).toBe(1_898);
    expect(step.chance).toBeLessThan(1e-4);
    const shift = measureShift(series(NILE), step.split, 1);
    // Means are 1,097.75 and 849.97.
    expect(shift.difference).toBeGreaterThan(-270);
    expect(shift.difference).toBeLessThan(-220);
    expect(shift.ci95[0]).toBeLessThan(-250);
    expect(shift.ci95[1]).toBeGreaterThan(-250);
  });

  it('has the chance that counting all orders gives', () => {
    // Of 8 nights the clearest step is one that parts them 4 and 4: up or down, 2 of 70 ways.
    expect(testStep(series([1, 2, 3, 4, 15, 16, 17, 18]), 1).chance).toBeCloseTo(2 / 70, 2);
    expect(testStep(series([4, 2, 1, 3, 18, 15, 16, 17]), 1).chance).toBeCloseTo(2 / 70, 2);
  });

  it('gives the same chance for the same nights, and 1 where all are alike', () => {
    const random = createRandom(5);
    const values = Array.from({ length: 20 }, random);
    expect(testStep(series(values), 1)).toEqual(testStep(series(values), 1));
    expect(testStep(series(new Array<number>(12).fill(0)), 1).chance).toBe(1);
  });

  it('is moved no further by a night far off than by any highest one', () => {
    const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10].map((value) => (value * 7) % 11);
    const wild = values.map((value) => (value === 10 ? 1e6 : value));
    expect(testStep(series(wild), 1).chance).toBe(testStep(series(values), 1).chance);
  });

  it('does not take weekends for a step where they are compared among themselves', () => {
    const classes = Array.from({ length: 14 }, (_, index) => (index >= 9 ? 1 : 0));
    const random = createRandom(3);
    const values = classes.map((one) => one * 10 + random());
    expect(testStep(series(values), 1).chance).toBeLessThan(0.01);
    expect(testStep(series(values, classes), 1).chance).toBeGreaterThan(0.05);
  });
});

describe('the reach', () => {
  it('grows with the number of nights', () => {
    const [few, more, many] = [12, 20, 40].map((nights) => smallestStepSds(nights, 0.02) ?? 0);
    expect(few).toBeGreaterThan(more!);
    expect(more).toBeGreaterThan(many!);
    expect(many).toBeGreaterThan(0.5);
  });

  it('is nothing where nights have too few orders', () => {
    expect(minimumNights(0.02)).toBe(10);
    expect(minimumNights(0.0005)).toBe(16);
    expect(smallestStepSds(8, 0.02)).toBeNull();
  });
});

describe('likeness of neighbours', () => {
  it('raises the variance where nights clearly resemble the ones before, and only there', () => {
    const waves = Float64Array.from({ length: 30 }, (_, index) => Math.sin(index / 3));
    const turns = Float64Array.from({ length: 30 }, (_, index) => (index % 2 === 0 ? 1 : -1));
    expect(likenessOf(waves).inflation).toBeGreaterThan(3);
    expect(likenessOf(turns).inflation).toBe(1);
    expect(likenessOf(waves.subarray(0, 8))).toEqual({ correlation: null, inflation: 1 });
  });
});
