import { addEncoded } from '../metrics/encoded.ts';
import type { Histogram } from '../metrics/histogram.ts';
import type { EncodedHistogram } from '../metrics/merge.ts';

/** Values are microseconds; the log's Interval_Max column is customarily in milliseconds. */
const MAX_UNIT_RATIO = 1_000;

/** Head of a histogram log, version 1.3 (HdrHistogram's HistogramLogWriter). */
export function formatLogHead(startedAtMs: number, interval = 'second'): string {
  const startedAt = `${(startedAtMs / 1_000).toFixed(3)} (seconds since epoch), ${new Date(startedAtMs).toISOString()}`;
  return `#[rushhour: microseconds, one line per ${interval} for each arm and phase]
#[Histogram log format version 1.3]
#[StartTime: ${startedAt}]
"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"
`;
}

/** The lines of one second, or of a window of so many, a tag each. */
export function formatLogSecond(
  second: number,
  histograms: ReadonlyMap<string, EncodedHistogram>,
  seconds = 1,
): string {
  let text = '';
  for (const [tag, { text: encoded, maxUs }] of histograms) {
    const max = (maxUs / MAX_UNIT_RATIO).toFixed(3);
    text += `Tag=${tag},${second.toFixed(3)},${seconds.toFixed(3)},${max},${encoded}\n`;
  }
  return text;
}

/** A line of a log, its histogram still encoded; to be read before the next line is. */
export interface LogLine {
  readonly tag: string;
  /** The first second that it is of. */
  readonly second: number;
  encoded(): string;
  /** @returns false where the encoding is torn; nothing is added then */
  addTo(sum: Pick<Histogram, 'recordValueWithCount'>): boolean;
}

const TAG = 'Tag=';
const COMMA = 44;

/** Parses a line in place; undefined for header lines and for a line truncated before its histogram. */
export function readLogLine(bytes: Buffer, start: number, end: number): LogLine | undefined {
  const tagEnd = bytes.indexOf(COMMA, start);
  if (tagEnd < 0 || tagEnd >= end || bytes.toString('latin1', start, start + TAG.length) !== TAG) return;
  const encodedAt = bytes.lastIndexOf(COMMA, end - 1) + 1;
  const encoded = (): string => bytes.toString('latin1', encodedAt, end);
  return {
    tag: bytes.toString('latin1', start + TAG.length, tagEnd),
    second: readWhole(bytes, tagEnd + 1),
    encoded,
    addTo(sum) {
      try {
        addEncoded(sum, encoded());
        return true;
      } catch {
        return false;
      }
    },
  };
}

/** A whole number in ASCII, up to the first other character. */
function readWhole(bytes: Buffer, start: number): number {
  let value = 0;
  for (let at = start; ; at += 1) {
    const digit = (bytes[at] ?? 0) - 48;
    if (digit < 0 || digit > 9) return value;
    value = value * 10 + digit;
  }
}
