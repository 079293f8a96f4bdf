import type { Histogram } from 'hdr-histogram-js';
import { JsHistogram } from 'hdr-histogram-js/dist/JsHistogram.js';
// Not the package's index, with its readers, writers and WebAssembly: each worker and each start would load all of
// it, at 60 ms.
import { constructorFromBucketSize } from 'hdr-histogram-js/dist/JsHistogramFactory.js';
import { middleOf } from './buckets.ts';
import { HistogramEncoder } from './encoding.ts';

export type { Histogram };

/** Counts of 32 bits. */
const Counts = constructorFromBucketSize(32);

/** Histograms of a whole run, by tag. */
export type HistogramsByTag = ReadonlyMap<string, Histogram>;

/** An hour: far beyond any timeout that a scenario may set. Longer times are recorded as an hour. */
export const LONGEST_US = 3_600_000_000;

/** Values are then distinguished to within 0.1 %. */
export const SIGNIFICANT_DIGITS = 3;

/** An empty histogram of microseconds, 1 us to 1 h. */
export function createHistogram(): Histogram {
  return createCounts(LONGEST_US, SIGNIFICANT_DIGITS);
}

/**
 * An empty histogram of fixed size for integers from 1 up.
 * @param digits significant ones, 0 to 5
 */
export function createCounts(highest: number, digits: number): Histogram {
  return new Counts(1, highest, digits);
}

/** Records a time, rounded to whole microseconds and clamped to the histogram's range. */
export function recordUs(histogram: Histogram, us: number): void {
  histogram.recordValue(us < 0 ? 0 : us > LONGEST_US ? LONGEST_US : Math.round(us));
}

const encoder = new HistogramEncoder();

/**
 * Compressed V2 encoding in base64, as in the histogram log format. The library's own encoder leaves some 400 KB of
 * garbage each time, outside the heap, where it is collected late.
 */
export function encodeHistogram(histogram: Histogram): string {
  const counts = countsOf(histogram);
  return encoder.encode({
    digits: counts.numberOfSignificantValueDigits,
    lowest: counts.lowestDiscernibleValue,
    highest: counts.highestTrackableValue,
    first: 0,
    end: counts.countsArrayIndex(counts.maxValue) + 1,
    countAt: (index) => counts.getCountAtIndex(index),
  });
}

/**
 * The library's interface exposes only percentiles; only its WebAssembly variant, not used here, is not a
 * JsHistogram.
 */
function countsOf(histogram: Histogram): JsHistogram {
  if (!(histogram instanceof JsHistogram)) throw new TypeError('a histogram without counts');
  return histogram;
}

export interface Quantiles {
  count: number;
  min: number;
  mean: number;
  p50: number;
  p90: number;
  p99: number;
  p999: number;
  max: number;
}

/**
 * The figures of a summary, microseconds; all 0 if it is empty.
 * @param histogram made by createHistogram
 */
export function quantilesOf(histogram: Histogram | undefined): Quantiles {
  if (histogram === undefined || histogram.totalCount === 0) {
    return { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  }
  const at = (percentile: number): number => percentileUs(histogram, percentile);
  return {
    count: histogram.totalCount,
    min: at(0),
    mean: Math.round(meanOf(histogram) * 10) / 10,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.maxValue,
  };
}

/** The given percentile (0-100), microseconds; 0 for an empty histogram. */
export function percentileUs(histogram: Histogram, percentile: number): number {
  // The library returns the upper end of a value's bucket, which may exceed the largest value seen.
  return Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
}

/** Same result as the library's, which allocates an object per count, once per second and view of a run. */
function meanOf(histogram: Histogram): number {
  const counts = countsOf(histogram);
  const last = counts.countsArrayIndex(counts.maxValue);
  let sum = 0;
  for (let index = 0; index <= last; index += 1) {
    const count = counts.getCountAtIndex(index);
    if (count > 0) sum += count * middleOf(index);
  }
  return sum / counts.totalCount;
}
