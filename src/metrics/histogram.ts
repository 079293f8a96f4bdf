import {
  build,
  decodeFromCompressedBase64,
  encodeIntoCompressedBase64,
  type Histogram,
} from 'hdr-histogram-js';

export type { Histogram };

/** An hour: far beyond any timeout that a scenario may set. Longer times are recorded as an hour. */
export const LONGEST_US = 3_600_000_000;

/** Values are then told apart to within 0.1 %. */
export const SIGNIFICANT_DIGITS = 3;

/** An empty histogram of microseconds, 1 us to 1 h. */
export function createHistogram(): Histogram {
  return build({
    bitBucketSize: 32,
    autoResize: false,
    lowestDiscernibleValue: 1,
    highestTrackableValue: LONGEST_US,
    numberOfSignificantValueDigits: SIGNIFICANT_DIGITS,
  });
}

/** Records a time, rounded to whole microseconds and clamped to the histogram's range. */
export function recordUs(histogram: Histogram, us: number): void {
  histogram.recordValue(us < 0 ? 0 : us > LONGEST_US ? LONGEST_US : Math.round(us));
}

/** Compressed V2 encoding in base64, as the histogram log format carries it. */
export function encodeHistogram(histogram: Histogram): string {
  return encodeIntoCompressedBase64(histogram);
}

/** @throws Error where the text is not a histogram */
export function decodeHistogram(text: string): Histogram {
  return decodeFromCompressedBase64(text, 32);
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

/** The figures of a summary, in the histogram's own unit; all 0 where it is empty. */
export function quantilesOf(histogram: Histogram | undefined): Quantiles {
  if (histogram === undefined || histogram.totalCount === 0) {
    return { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
  }
  // The library answers with the upper end of a value's bucket, which may lie beyond the largest value seen.
  const at = (percentile: number): number =>
    Math.min(histogram.getValueAtPercentile(percentile), histogram.maxValue);
  return {
    count: histogram.totalCount,
    min: at(0),
    mean: Math.round(histogram.mean * 10) / 10,
    p50: at(50),
    p90: at(90),
    p99: at(99),
    p999: at(99.9),
    max: histogram.maxValue,
  };
}
