import { describe, expect, it } from 'vitest';
import { addCounts, emptyCounts } from '../../src/metrics/counts.ts';
import { countName } from '../../src/metrics/named-counts.ts';
import { createAgeBins } from '../../src/metrics/reuse-bins.ts';
import { SeriesCounter } from '../../src/metrics/series-counter.ts';
import type { SeriesCounts } from '../../src/metrics/types.ts';

const NAMES = Array.from({ length: 40 }, (_, index) => `Scheme-${index}`);
const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, count) => sum + count, 0);

describe('counts by names of the far end', () => {
  it('are a few in a frame, and every one counts', () => {
    const series = new SeriesCounter('arm', [], createAgeBins());
    for (const name of NAMES) for (let times = 0; times < 3; times += 1) series.named('schemesOffered', name);
    const { schemesOffered } = series.takeCounts()!;
    expect(Object.keys(schemesOffered)).toEqual([...NAMES.slice(0, 16), 'other']);
    expect(schemesOffered).toMatchObject({ 'Scheme-0': 3, other: 24 * 3 });
    expect(series.takeCounts()).toBeUndefined();
  });

  it('are as few in a sum of frames', () => {
    const sum = emptyCounts();
    for (const name of NAMES) addCounts(sum, { ...emptyCounts(), schemesOffered: { [name]: 2, other: 1 } });
    expect(Object.keys(sum.schemesOffered).length).toBeLessThanOrEqual(17);
    expect(sumOf(sum.schemesOffered)).toBe(40 * 3);
  });

  it('take a frame of an earlier version for one without', () => {
    const { schemesOffered: _, ...older } = emptyCounts();
    const sum = emptyCounts();
    addCounts(sum, older as SeriesCounts);
    expect(sum.schemesOffered).toEqual({});
  });

  it('know no name that objects inherit', () => {
    const counts: Record<string, number> = {};
    for (const name of ['constructor', 'toString', 'constructor']) countName(counts, name);
    expect(counts).toEqual({ constructor: 2, toString: 1 });
  });
});
