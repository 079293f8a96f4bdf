import { HistogramLogWriter } from 'hdr-histogram-js';
import { addEncoded } from '../metrics/encoded.ts';
import { createHistogram, type Histogram } from '../metrics/histogram.ts';
import type { EncodedHistogram } from '../metrics/merge.ts';

/** Values are microseconds; the log's Interval_Max column is customarily in milliseconds. */
const MAX_UNIT_RATIO = 1_000;

/** Head of a histogram log, version 1.3 (HdrHistogram's HistogramLogWriter). */
export function formatLogHead(startedAtMs: number): string {
  const lines: string[] = [];
  const writer = new HistogramLogWriter((line: string) => lines.push(line));
  writer.outputComment('[rushhour: microseconds, one line a second for each arm and phase]');
  writer.outputLogFormatVersion();
  // The library's own line for this is followed by an empty one, which the format does not know.
  writer.outputComment(
    `[StartTime: ${(startedAtMs / 1_000).toFixed(3)} (seconds since epoch), ${new Date(startedAtMs).toISOString()}]`,
  );
  writer.outputLegend();
  return lines.join('');
}

/** One second's lines, a tag each. */
export function formatLogSecond(second: number, histograms: ReadonlyMap<string, EncodedHistogram>): string {
  let text = '';
  for (const [tag, { text: encoded, maxUs }] of histograms) {
    const max = (maxUs / MAX_UNIT_RATIO).toFixed(3);
    text += `Tag=${tag},${second.toFixed(3)},1.000,${max},${encoded}\n`;
  }
  return text;
}

const LINE = /^Tag=([^,]+),([\d.]+),[\d.]+,[\d.]+,(\S+)$/;

/**
 * Adds one line of a log to the sums by tag. Head lines, and a last line that was torn, are passed over.
 * @param throughSecond later seconds are left out: their frame was not written any more
 */
export function addLogLine(sums: Map<string, Histogram>, line: string, throughSecond: number): void {
  const [, tag, start, encoded] = LINE.exec(line) ?? [];
  if (tag === undefined || encoded === undefined || Number(start) > throughSecond) return;
  const sum = sums.get(tag) ?? createHistogram();
  try {
    addEncoded(sum, encoded);
    sums.set(tag, sum);
  } catch {
    // Cut in the middle of the encoding: the frame of that second was never written either.
  }
}
