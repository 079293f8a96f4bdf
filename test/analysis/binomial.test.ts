import { describe, expect, it } from 'vitest';
import { chanceOfAtLeast } from '../../src/analysis/binomial.ts';

/** Every term of the distribution, added up from the definition. */
function addUp(hits: number, trials: number, rate: number): number {
  let choose = 1;
  let sum = 0;
  for (let count = 0; count <= trials; count += 1) {
    if (count >= hits) sum += choose * rate ** count * (1 - rate) ** (trials - count);
    choose = (choose * (trials - count)) / (count + 1);
  }
  return sum;
}

describe('the chance of so many hits or more', () => {
  it.each([
    [1, 10, 0.1],
    [3, 12, 0.5],
    [12, 12, 0.5],
    [6, 40, 0.15],
    [2, 40, 0.15],
    [39, 40, 0.9],
  ])('is the sum of its terms: %i of %i at %d', (hits, trials, rate) => {
    expect(chanceOfAtLeast(hits, trials, rate) / addUp(hits, trials, rate)).toBeCloseTo(1, 9);
  });

  it('is certain for none, and for all where every trial hits; impossible above the number of trials', () => {
    expect(chanceOfAtLeast(0, 10, 0.2)).toBe(1);
    expect(chanceOfAtLeast(10, 10, 1)).toBe(1);
    expect(chanceOfAtLeast(11, 10, 0.2)).toBe(0);
    expect(chanceOfAtLeast(1, 10, 0)).toBe(0);
  });

  it('keeps its sense with millions of trials', () => {
    expect(chanceOfAtLeast(500_000, 1_000_000, 0.5)).toBeCloseTo(0.5004, 3);
    expect(chanceOfAtLeast(10_000, 1_000_000, 0.001)).toBeLessThan(1e-100);
    expect(chanceOfAtLeast(900, 1_000_000, 0.001)).toBeGreaterThan(0.99);
  });
});
