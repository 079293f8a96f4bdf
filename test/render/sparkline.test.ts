import { describe, expect, it } from 'vitest';
import { renderPercentileBars } from '../../src/render/arm-time-series.ts';
import { renderSparkline } from '../../src/render/sparkline.ts';
import { NOTHING } from './fixtures.ts';

describe('a sparkline', () => {
  it('has a column a value, from nothing to the highest', () => {
    expect(renderSparkline([0, 1, 4, 8], 10, true)).toBe(' ▁▄█');
    expect(renderSparkline([0, 1, 4, 8], 10, false)).toBe(' .=#');
  });

  it('keeps a single peak of a long course, and shows the least of counts', () => {
    const course = new Array<number>(1_000).fill(0);
    course[503] = 800;
    course[7] = 1;
    expect(renderSparkline(course, 10, true)).toBe('▁    █    ');
  });

  it('is empty space where nothing happened', () => {
    expect(renderSparkline([0, 0, 0], 3, true)).toBe('   ');
  });
});

describe('percentile bars', () => {
  it('grow by the logarithm of the time', () => {
    const quantiles = {
      ...NOTHING,
      count: 9,
      p50: 100,
      p90: 1_000,
      p99: 10_000,
      p999: 10_000,
      max: 1_000_000,
    };
    expect(renderPercentileBars(quantiles, 40)).toEqual([
      'p50      100 us  #',
      'p90     1.00 ms  ##########',
      'p99     10.0 ms  ####################',
      'p99.9   10.0 ms  ####################',
      'max      1.00 s  ########################################',
    ]);
  });

  it('are none where nothing was measured', () => {
    expect(renderPercentileBars(NOTHING, 40)).toEqual([]);
  });
});
