import { describe, expect, it } from 'vitest';
import {
  createHistogram,
  encodeHistogram,
  type Histogram,
  quantilesOf,
  recordUs,
} from '../../src/metrics/histogram.ts';
import { addHistogram } from '../../src/metrics/merge.ts';
import { closeWindow, type OpenSecond } from '../../src/store/soak-windows.ts';

function secondOf(second: number, ...times: number[]): OpenSecond {
  const histogram = createHistogram();
  for (const us of times) recordUs(histogram, us);
  const frame = { second, series: {}, open: 0, stallsLeftOut: 0 };
  return { frame, histograms: [['stress.total', encodeHistogram(histogram)]], stalls: [] };
}

const figures = (sums: ReadonlyMap<string, Histogram>) =>
  [...sums].map(([tag, histogram]) => [tag, quantilesOf(histogram)]);

describe.each([
  ['one second', [secondOf(4, 120, 3_456)], 3],
  ['several', [secondOf(4, 120, 3_456), secondOf(5, 77_777), secondOf(6)], 4],
])('a window of %s', (_name, seconds, counted) => {
  it.each([false, true])('adds to sums what its histograms hold (set aside: %s)', (aside) => {
    const before = new Map([['stress.total', createHistogram()]]);
    recordUs(before.get('stress.total')!, 9_000_000);
    const wanted = new Map(before);
    for (const [tag, histogram] of closeWindow(seconds, () => aside).histograms)
      addHistogram(wanted, tag, histogram);
    const expected = figures(wanted);

    const sums = new Map([['stress.total', createHistogram()]]);
    recordUs(sums.get('stress.total')!, 9_000_000);
    closeWindow(seconds, () => aside).addHistogramsTo(sums);
    expect(figures(sums)).toEqual(expected);
    expect([...sums.values()].reduce((sum, { totalCount }) => sum + totalCount, 0)).toBe(counted);
  });
});

it('one second is decoded into the sums themselves, anew for none of its tags', () => {
  const sums = new Map([['stress.total', createHistogram()]]);
  const own = sums.get('stress.total')!;
  // What is added from a histogram comes by its add().
  own.add = () => expect.unreachable();
  closeWindow([secondOf(1, 50)], () => false).addHistogramsTo(sums);
  expect(own.totalCount).toBe(1);
});
