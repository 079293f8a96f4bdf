import { addCounts, emptyCounts } from './counts.ts';
import { createHistogram, decodeHistogram, type Histogram } from './histogram.ts';
import type { Frame, FrameHistograms, SeriesCounts } from './types.ts';

/**
 * The same second of several shards as one.
 * @param frames at least one, all of one second
 */
export function mergeFrames(frames: readonly Frame[]): Frame {
  const series: Record<string, SeriesCounts> = {};
  for (const frame of frames) {
    for (const [name, counts] of Object.entries(frame.series)) {
      series[name] ??= emptyCounts();
      addCounts(series[name], counts);
    }
  }
  return {
    second: frames[0]?.second ?? 0,
    series,
    open: frames.reduce((sum, { open }) => sum + open, 0),
    stallsLeftOut: frames.reduce((sum, { stallsLeftOut }) => sum + stallsLeftOut, 0),
  };
}

/** Several encoded sets of histograms as one, decoded, by tag. */
export function mergeHistograms(parts: readonly FrameHistograms[]): Map<string, Histogram> {
  const merged = new Map<string, Histogram>();
  for (const part of parts) {
    for (const [tag, encoded] of Object.entries(part)) addHistogram(merged, tag, decodeHistogram(encoded));
  }
  return merged;
}

/** Adds a histogram to the sum under its tag. The sum is never the histogram itself, which stays as it is. */
export function addHistogram(sums: Map<string, Histogram>, tag: string, histogram: Histogram): void {
  const sum = sums.get(tag) ?? createHistogram();
  sum.add(histogram);
  sums.set(tag, sum);
}
