import { describe, expect, it } from 'vitest';
import { measureRuns } from '../../../src/analysis/compare/compare.ts';
import { describeComparisons, judgeComparisons } from '../../../src/analysis/sites/compare.ts';
import { createRandom, type Random } from '../../../src/random.ts';
import { armTimeSeries, runOf } from '../compare/time-series.ts';

const SECONDS = 60;

function draw(random: Random, share: number, perSec: number) {
  const started = Array.from({ length: SECONDS }, () => perSec);
  const stalled = started.map((count) => {
    let stalls = 0;
    for (let attempt = 0; attempt < count; attempt += 1) if (random() < share) stalls += 1;
    return stalls;
  });
  return runOf({ stress: armTimeSeries({ started, stalled }) });
}

const compare = (
  random: Random,
  shares: readonly (readonly [before: number, after: number])[],
  perSec = 40,
) =>
  judgeComparisons(
    shares.map(([before, after], index) => ({
      name: `s${index}`,
      measured: measureRuns([draw(random, before, perSec)], [draw(random, after, perSec)]),
    })),
  );

describe('two runs of a fleet', () => {
  it('say of at most one in twenty that a site changed where none did', () => {
    const random = createRandom(1);
    const same = Array.from({ length: 12 }, () => [0.01, 0.01] as const);
    const fleets = 100;
    let alarms = 0;
    for (let fleet = 0; fleet < fleets; fleet += 1) {
      const verdicts = compare(random, same).map(({ comparison }) => comparison.verdict);
      if (verdicts.includes('worse') || verdicts.includes('better')) alarms += 1;
    }
    expect(alarms).toBeLessThanOrEqual(fleets * 0.05);
  });

  it('name the sites that got worse and better, among others', () => {
    const sites = compare(createRandom(2), [[0, 0.2], ...Array(8).fill([0, 0]), [0.2, 0]], 200);
    expect(sites.map(({ comparison }) => comparison.verdict)).toEqual([
      'worse',
      ...Array(8).fill('no difference seen'),
      'better',
    ]);
    expect(describeComparisons({ sites, unjudged: [{ name: 'gone', why: '' }] })).toBe(
      'Worse: s0. Better: s9. No difference seen: s1, s2, s3, s4, s5, s6, s7, s8. Not compared: gone.',
    );
  });
});
