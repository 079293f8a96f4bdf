import { describe, expect, it } from 'vitest';
import { evaluate, SETTINGS } from '../../../bench/clustered.mjs';
import { say } from './time-series.ts';

/** With fewer, chance alone would carry one right setting in five out of bounds: of 1,000, 0.7 points are one error. */
const PAIRS = 1_000;

/**
 * Where the intervals are known to be off, and how far: few bursts a run make them too wide, long waves with rare crests
 * that differ between the sides too narrow. docs/comparing.md tells users.
 */
const KNOWN: Readonly<Record<string, readonly [least: number, most: number]>> = {
  'bursts of 5 s, 1 in 10': [0.95, 0.99],
  'waves, others after': [0.905, 0.95],
};

describe('on 1,000 simulated pairs whose truth is known', () => {
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const [least, most] = KNOWN[name] ?? [0.93, 0.97];
    it(`${name}: intervals cover it in ${least * 100} to ${most * 100} %, and luck raises no alarm in 95 %`, () => {
      const { coverage, alarms, isSame } = evaluate(setting, PAIRS, 1, say);
      expect(coverage).toBeGreaterThanOrEqual(least);
      expect(coverage).toBeLessThanOrEqual(most);
      if (isSame) expect(alarms).toBeLessThanOrEqual(0.05);
    });
  }
});

describe('the smallest difference that is named', () => {
  it('is told with about the certainty promised, at least', async () => {
    const { steady } = await import('../../../bench/clustered.mjs');
    const design = { seconds: 300, perSec: 100 };
    const smallest: number[] = [];
    const keep = (before: Parameters<typeof say>[0], after: Parameters<typeof say>[1]) => {
      const said = say(before, after);
      if (said.smallest !== null) smallest.push(said.smallest);
      return said;
    };
    evaluate({ ...design, before: steady(0.01), after: steady(0.01) }, 200, 3, keep);
    const named = smallest.sort((a, b) => a - b)[100]!;
    const { told } = evaluate({ ...design, before: steady(0.01), after: steady(0.01 + named) }, 400, 4, say);
    expect(told).toBeGreaterThan(0.72);
    expect(told).toBeLessThan(0.93);
  });
});
