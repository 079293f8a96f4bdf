import { expect, it } from 'vitest';
import { countBetween, recordedTimes } from '../../src/analysis/recorded-times.ts';
import { createHistogram, encodeHistogram } from '../../src/metrics/histogram.ts';
import { decodeHistogram } from '../metrics/decode.ts';
import { histogramOf } from './parts.ts';

it('reads every time back out of a histogram, ascending, to within 0.1 %', () => {
  const times = recordedTimes(histogramOf(5_001_234, 150, 150, 90_000_000));
  expect(times.map(({ count }) => count)).toEqual([2, 1, 1]);
  for (const [index, us] of [150, 5_001_234, 90_000_000].entries()) {
    expect(Math.abs(times[index]!.us / us - 1)).toBeLessThan(0.001);
  }
});

it('reads one that came out of a file just as well', () => {
  const histogram = histogramOf(1, 40, 5_000_000);
  expect(recordedTimes(decodeHistogram(encodeHistogram(histogram)))).toEqual(recordedTimes(histogram));
});

it('has nothing to read where nothing was timed', () => {
  expect(recordedTimes(undefined)).toEqual([]);
  expect(recordedTimes(createHistogram())).toEqual([]);
});

it('counts between two times, the first included', () => {
  const times = recordedTimes(histogramOf(10, 20, 20, 30));
  expect(countBetween(times, 10, 30)).toBe(3);
  expect(countBetween(times, 11, 31)).toBe(3);
  expect(countBetween(times, 21, 30)).toBe(0);
});
