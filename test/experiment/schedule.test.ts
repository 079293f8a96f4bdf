import { describe, expect, it } from 'vitest';
import { scheduleRounds } from '../../src/experiment/schedule.ts';

describe('the order of an experiment', () => {
  it('has one run of either side in every round', () => {
    const steps = scheduleRounds(50, 7);
    expect(steps.map(({ round }) => round)).toEqual(
      Array.from({ length: 100 }, (_, index) => Math.floor(index / 2) + 1),
    );
    for (let round = 0; round < 50; round += 1) {
      expect(
        steps
          .slice(2 * round, 2 * round + 2)
          .map(({ side }) => side)
          .sort(),
      ).toEqual(['a', 'b']);
    }
  });

  it('is the same for the same seed', () => {
    expect(scheduleRounds(20, 1)).toEqual(scheduleRounds(20, 1));
    expect(scheduleRounds(20, 1)).not.toEqual(scheduleRounds(20, 2));
  });

  it('lets either side begin about as often, whatever the seed', () => {
    // Of 1,000 fair coins, fewer than 420 or more than 580 heads come up once in 2 million cases (binomial).
    const firsts = Array.from({ length: 1_000 }, (_, seed) => scheduleRounds(1, seed)[0]?.side);
    const begunByA = firsts.filter((side) => side === 'a').length;
    expect(begunByA).toBeGreaterThan(420);
    expect(begunByA).toBeLessThan(580);
  });
});
