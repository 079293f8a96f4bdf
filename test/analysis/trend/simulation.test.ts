import { describe, expect, it } from 'vitest';
import { judgeTrend } from '../../../src/analysis/trend/trend.ts';
import { simulateNights, type Weather } from './simulated-nights.ts';

interface Told {
  /** Trends of which any line claims a change. */
  readonly any: number;
  /** Those of which the stall rate does. */
  readonly stalls: number;
  /** Of those that name a step in it: its interval holds the true one. */
  readonly covered: number;
  readonly steps: number;
}

/** What is said of so many series of nights. @param factorAt times the stall rate of night `index` */
function tell(
  series: number,
  nights: number,
  weather: Partial<Weather>,
  factorAt?: (index: number) => number,
): Told {
  const told = { any: 0, stalls: 0, covered: 0, steps: 0 };
  const rise = 0.001 * ((factorAt?.(nights - 1) ?? 1) - (factorAt?.(0) ?? 1));
  for (let seed = 1; seed <= series; seed += 1) {
    const simulated = simulateNights(nights, seed * 7_919, weather, factorAt);
    const { lines } = judgeTrend(simulated, { timeZone: 'UTC', weekdays: false, notes: [] });
    const found = lines.filter(({ verdict }) => verdict === 'changed' || verdict === 'drifted');
    const stalls = found.find(({ figure }) => figure === 'stalled.rate');
    told.any += Number(found.length > 0);
    told.stalls += Number(stalls !== undefined);
    if (stalls?.verdict !== 'changed' || stalls.step === null) continue;
    const [low, high] = stalls.step.ci95;
    told.steps += 1;
    told.covered += Number(low <= rise && rise <= high);
  }
  return told;
}

describe('over simulated nights, overdispersed and with stalls in bursts, a trend', () => {
  it.each([
    ['14 usual nights', 14, {}, 160],
    ['30 usual nights', 30, {}, 80],
    ['14 nights of which most have no stall', 14, { rate: 0.000_02 }, 80],
    ['14 nights that differ tenfold', 14, { spread: 1 }, 80],
  ])('claims a change of nothing in one of twenty at most: %s', (_name, nights, weather, series) => {
    expect(tell(series, nights, weather).any / series).toBeLessThanOrEqual(0.05);
  });

  it('tells a doubling half way through 14 nights more often than not', () => {
    const { stalls } = tell(30, 14, {}, (index) => (index < 7 ? 1 : 2));
    expect(stalls / 30).toBeGreaterThan(0.5);
  });

  it('has intervals that hold the true step', () => {
    const { covered, steps } = tell(20, 20, {}, (index) => (index < 10 ? 1 : 3));
    expect(steps).toBeGreaterThan(15);
    expect(covered / steps).toBeGreaterThanOrEqual(0.8);
  });
});
