import { describe, expect, it } from 'vitest';
import { ArmCells } from '../../../src/analysis/compare/cells.ts';
import {
  countAtMost,
  mergeSpectra,
  quantileAt,
  spectrumOf,
  TimeSampler,
} from '../../../src/analysis/compare/time-sample.ts';

describe('cells', () => {
  it('keep every count of a run of any length, in bounded room', () => {
    const cells = new ArmCells();
    for (let second = 10; second < 30_010; second += 1) {
      cells.open(second);
      cells.add('started', second, 2);
    }
    const column = cells.column('started');
    expect(cells.seconds).toBe(30_000);
    expect(column.length).toBeLessThanOrEqual(2_048);
    expect(column.reduce((sum, count) => sum + count, 0)).toBe(60_000);
    expect(new Set(column.subarray(0, -1))).toEqual(new Set([32]));
  });

  it('count what ends after the last start towards the last second, and what was before towards the first', () => {
    const cells = new ArmCells();
    for (const second of [5, 6, 7]) cells.open(second);
    cells.add('frozen', 17, 3);
    cells.add('frozen', -5, 1);
    expect([...cells.column('frozen')]).toEqual([1, 0, 3]);
    expect([...cells.column('healed')]).toEqual([0, 0, 0]);
  });
});

describe('a sample of times', () => {
  it('knows quantiles, and how many of each second were no longer', () => {
    const sampler = new TimeSampler(new Map([['p50', 200]]));
    sampler.moveTo(0);
    sampler.recordValueWithCount(300, 1);
    sampler.recordValueWithCount(100, 3);
    sampler.moveTo(2);
    sampler.recordValueWithCount(200, 1);
    const { counts, quantiles, spectrum } = sampler.finish(1);
    expect(counts).toEqual([4, 0, 1]);
    expect(quantiles.get('p50')).toEqual({ us: 200, atMost: [3, 0, 1] });
    expect([0.5, 0.6, 0.61, 0.8, 0.81, 1].map((share) => quantileAt(spectrum, share))).toEqual([
      100, 100, 200, 200, 300, 300,
    ]);
    expect([99, 100, 250, 1_000].map((us) => countAtMost(spectrum, us))).toEqual([0, 3, 4, 5]);
  });

  it('adds to others by weight', () => {
    const one = spectrumOf(new Map([[100, 1]]));
    const merged = mergeSpectra([
      { spectrum: one, weight: 3 },
      { spectrum: spectrumOf(new Map([[50, 1]])), weight: 1 },
    ]);
    expect([...merged.us]).toEqual([50, 100]);
    expect([...merged.atMost]).toEqual([1, 4]);
    expect(quantileAt(spectrumOf(new Map()), 0.5)).toBeNaN();
  });
});
