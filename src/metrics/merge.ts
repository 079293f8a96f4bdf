import { sumBeside } from './beside.ts';
import { addCounts, addTokens, emptyCounts } from './counts.ts';
import { addEncoded } from './encoded.ts';
import { createHistogram, encodeHistogram, type Histogram } from './histogram.ts';
import {
  FAULT_KINDS,
  type Frame,
  type FrameHistograms,
  type GeneratorFaults,
  type SeriesCounts,
  type TokenCounts,
} from './types.ts';

/**
 * Merges the same second of several shards.
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
  const tokens: Record<string, TokenCounts> = {};
  for (const frame of frames) addTokens(tokens, frame.tokens ?? {});
  return {
    second: frames[0]?.second ?? 0,
    series,
    open: frames.reduce((sum, { open }) => sum + open, 0),
    ...(Object.keys(tokens).length > 0 && { tokens }),
    stallsLeftOut: frames.reduce((sum, { stallsLeftOut }) => sum + stallsLeftOut, 0),
    ...sumGeneratorFaults(frames),
    ...sumBeside(frames),
    // Shards starve together: a second is counted once.
    ...starved(Math.max(...frames.map(({ starvedSec = 0 }) => starvedSec))),
  };
}

/** Those of several seconds; left out if there are none. */
export function sumGeneratorFaults(parts: readonly GeneratorFaults[]): GeneratorFaults {
  const sums: GeneratorFaults = {};
  for (const kind of FAULT_KINDS) {
    const sum = parts.reduce((total, { [kind]: part = 0 }) => total + part, 0);
    if (sum > 0) sums[kind] = sum;
  }
  return sums;
}

function starved(starvedSec: number): GeneratorFaults {
  return starvedSec > 0 ? { starvedSec } : {};
}

/** A histogram in the form that a run's log stores. */
export interface EncodedHistogram {
  /** As in {@link FrameHistograms}. */
  readonly text: string;
  /** Largest value, microseconds. */
  readonly maxUs: number;
}

/** Merges the shards' histograms second by second, reusing one histogram. */
export class HistogramMerger {
  readonly #scratch = createHistogram();

  /**
   * @param take receives the merged histogram of each tag, which is reused as soon as it returns
   * @returns the merged histograms by tag, encoded; what only one shard reported is passed through as encoded
   */
  merge(
    parts: readonly FrameHistograms[],
    take: (tag: string, histogram: Histogram) => void,
  ): Map<string, EncodedHistogram> {
    const merged = new Map<string, EncodedHistogram>();
    for (const [tag, texts] of groupByTag(parts)) {
      this.#scratch.reset();
      for (const text of texts) addEncoded(this.#scratch, text);
      take(tag, this.#scratch);
      const [only] = texts;
      const text = texts.length === 1 && only !== undefined ? only : encodeHistogram(this.#scratch);
      merged.set(tag, { text, maxUs: this.#scratch.maxValue });
    }
    return merged;
  }
}

function groupByTag(parts: readonly FrameHistograms[]): Map<string, string[]> {
  const texts = new Map<string, string[]>();
  for (const part of parts) {
    for (const [tag, text] of Object.entries(part)) texts.set(tag, [...(texts.get(tag) ?? []), text]);
  }
  return texts;
}

/**
 * Adds a histogram to the sum under its tag. The sum is always a separate histogram; the one passed in is not
 * changed.
 */
export function addHistogram(sums: Map<string, Histogram>, tag: string, histogram: Histogram): void {
  const sum = sums.get(tag) ?? createHistogram();
  sum.add(histogram);
  sums.set(tag, sum);
}
