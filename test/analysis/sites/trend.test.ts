import { describe, expect, it } from 'vitest';
import { becameOf, describeFleetTrend, judgeFleetTrend } from '../../../src/analysis/sites/trend.ts';
import { judgeTrend } from '../../../src/analysis/trend/trend.ts';
import { simulateNights } from '../trend/simulated-nights.ts';

const OPTIONS = { timeZone: 'UTC', weekdays: false };
const COUNT = 20;

const quiet = (site: string, seed: number) => ({
  ...{ site, probe: `${site}-1`, notes: [] },
  nights: simulateNights(COUNT, seed),
});
/** Three times as many stalls from the eleventh night on. */
const worse = (site: string, seed: number) => ({
  ...quiet(site, seed),
  nights: simulateNights(COUNT, seed, {}, (index) => (index < COUNT / 2 ? 1 : 3)),
});

describe('the trend of a fleet', () => {
  it('says at which site something changed, and at which nothing did', () => {
    const judged = judgeFleetTrend([quiet('york', 1), worse('leeds', 2), quiet('hull', 3)], OPTIONS);
    expect(judged.map(({ site, trend }) => [site, becameOf(trend)])).toEqual([
      ['hull', 'no change seen'],
      ['leeds', 'worse'],
      ['york', 'no change seen'],
    ]);
    expect(describeFleetTrend(judged)).toBe('Worse: leeds. No change seen: hull, york.');
  });

  it('is corrected for all sites: the same nights are less sure among many than alone', () => {
    const [own] = judgeFleetTrend([worse('leeds', 2)], OPTIONS);
    const among = judgeFleetTrend(
      [worse('leeds', 2), ...Array.from({ length: 19 }, (_, index) => quiet(`quiet-${index}`, 10 + index))],
      OPTIONS,
    );
    const chanceOf = ({ lines }: { lines: readonly { figure: string; pAdjusted: number }[] }): number =>
      lines.find(({ figure }) => figure === 'stalled.rate')!.pAdjusted;
    const leeds = among.find(({ site }) => site === 'leeds')!;
    expect(chanceOf(leeds.trend) / chanceOf(own!.trend)).toBeGreaterThan(15);
    expect(own!.trend).toEqual(judgeTrend(worse('leeds', 2).nights, { ...OPTIONS, notes: [] }));
  });

  it('says of at most one fleet in twenty without a change that one of its sites changed', () => {
    let alarms = 0;
    const fleets = 60;
    for (let fleet = 0; fleet < fleets; fleet += 1) {
      const sites = Array.from({ length: 10 }, (_, site) => quiet(`site-${site}`, 1_000 + fleet * 10 + site));
      const changed = judgeFleetTrend(sites, OPTIONS).some(
        ({ trend }) => becameOf(trend) === 'worse' || becameOf(trend) === 'better',
      );
      if (changed) alarms += 1;
    }
    // More than 7 of 60 at a true share of 5 % would be one draw in a hundred (binomial).
    expect(alarms).toBeLessThanOrEqual(7);
  });

  it('has a site that is what the worst of its probes is', () => {
    const probes = judgeFleetTrend(
      [
        { ...worse('leeds', 2), probe: 'leeds-2' },
        { ...quiet('leeds', 3), probe: 'leeds-1' },
      ],
      OPTIONS,
    );
    expect(probes.map(({ probe }) => probe)).toEqual(['leeds-1', 'leeds-2']);
    expect(describeFleetTrend(probes)).toBe('Worse: leeds.');
    expect(describeFleetTrend([])).toBe('There are no nights.');
  });
});
