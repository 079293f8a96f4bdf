import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createHistogram, type Histogram } from '../metrics/histogram.ts';
import { latencyFilesAmong } from './files.ts';
import { type LogLine, readLogLine } from './latency-log.ts';
import { eachLine } from './lines.ts';
import type { CommittedRange } from './run-frames.ts';
import { listSegments, segmentPath } from './soak-recent.ts';

/**
 * Passes on every histogram that a run logged, one per tag and second (or window). Skipped are those whose frame was
 * never written, and those of seconds that a window contains.
 * @param reach of the same folder's frames, read before
 */
export async function eachInterval(
  dir: string,
  reach: CommittedRange,
  take: (interval: LogLine) => void,
): Promise<void> {
  for (const name of latencyFilesAmong(await readdir(dir))) {
    await eachLine(join(dir, name), (bytes, start, end) => {
      const line = readLogLine(bytes, start, end);
      if (line === undefined || line.second > reach.settledSec) return;
      const tag = reach.settledTagOf(line.tag, line.second);
      take(tag === line.tag ? line : { ...line, tag });
    });
  }
  if (reach.recent.size === 0) return;
  for (const segment of await listSegments(dir)) {
    await eachLine(segmentPath(dir, segment, 'hlog'), (bytes, start, end) => {
      const line = readLogLine(bytes, start, end);
      const tag = line === undefined ? undefined : reach.tagOf(line.tag, line.second);
      if (line !== undefined && tag !== undefined) take({ ...line, tag });
    });
  }
}

/**
 * All of a run by tag.
 * @param wanted absent: every tag
 */
export async function sumIntervals(
  dir: string,
  reach: CommittedRange,
  wanted?: ReadonlySet<string>,
): Promise<Map<string, Histogram>> {
  const sums = new Map<string, Histogram>();
  await eachInterval(dir, reach, ({ tag, addTo }) => {
    if (wanted !== undefined && !wanted.has(tag)) return;
    const sum = sums.get(tag) ?? createHistogram();
    if (addTo(sum)) sums.set(tag, sum);
  });
  return sums;
}
