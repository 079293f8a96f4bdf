import { JsHistogram } from 'hdr-histogram-js/dist/JsHistogram.js';
import type { Histogram } from '../metrics/histogram.ts';

/** A number of times of one duration, microseconds: the lower end of the histogram's bucket. */
export interface RecordedTime {
  readonly us: number;
  readonly count: number;
}

/** The values of a histogram, ascending; empty if there are none. */
export function recordedTimes(histogram: Histogram | undefined): RecordedTime[] {
  if (histogram === undefined || histogram.totalCount === 0) return [];
  // The library's interface offers only percentiles; all of its histograms but the unused WebAssembly ones are a
  // JsHistogram.
  if (!(histogram instanceof JsHistogram)) throw new TypeError('a histogram without counts');
  const times: RecordedTime[] = [];
  const last = histogram.countsArrayIndex(histogram.maxValue);
  for (let index = 0; index <= last; index += 1) {
    const count = histogram.getCountAtIndex(index);
    if (count > 0) times.push({ us: histogram.valueFromIndex(index), count });
  }
  return times;
}

/** How many are at least `fromUs` and less than `toUs`. */
export function countBetween(times: readonly RecordedTime[], fromUs: number, toUs: number): number {
  return times.reduce((sum, { us, count }) => (us >= fromUs && us < toUs ? sum + count : sum), 0);
}
