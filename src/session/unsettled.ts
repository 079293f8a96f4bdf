import { createHistogram, type Histogram, quantilesOf } from '../metrics/histogram.ts';
import { mergeFrames } from '../metrics/merge.ts';
import type { Frame, RecordedSecond } from '../metrics/types.ts';
import { readLogLine } from '../store/latency-log.ts';
import { eachLine } from '../store/lines.ts';
import type { SessionWriter } from '../store/session-writer.ts';
import { listSegments, readRecent, segmentPath } from '../store/soak-recent.ts';
import { judge } from './settle-buffer.ts';

/** Seconds that were let go of a moment ago may not have reached the disk of who took them. */
const ON_THE_WAY_SEC = 5;

/**
 * The last seconds of a process that died: recorded, but held back from sinks until it was settled whether they count. A
 * database that got some of them already is told the same once more.
 */
export async function readUnsettled(
  { dir, info: { startedAt }, settleSec }: Pick<SessionWriter, 'dir' | 'info' | 'settleSec'>,
  lastSecond: number,
  isAside: (second: number) => boolean,
): Promise<RecordedSecond[]> {
  const afterSec = lastSecond - settleSec - ON_THE_WAY_SEC;
  const frames = new Map<number, Frame>();
  for await (const { stalls: _, ...frame } of readRecent(dir, afterSec)) {
    const known = frames.get(frame.second);
    frames.set(frame.second, known === undefined ? frame : mergeFrames([known, frame]));
  }
  const histograms = await readHistograms(dir, afterSec);
  return [...frames.values()].map((frame) => {
    const quantiles = new Map(
      [...(histograms.get(frame.second) ?? [])].map(([tag, histogram]) => [tag, quantilesOf(histogram)]),
    );
    const atMs = Date.parse(startedAt) + frame.second * 1_000;
    return judge({ atMs, frame, quantiles }, isAside);
  });
}

async function readHistograms(dir: string, afterSec: number): Promise<Map<number, Map<string, Histogram>>> {
  const found = new Map<number, Map<string, Histogram>>();
  for (const segment of await listSegments(dir)) {
    await eachLine(segmentPath(dir, segment, 'hlog'), (bytes, start, end) => {
      const line = readLogLine(bytes, start, end);
      if (line === undefined || line.second <= afterSec) return;
      const ofSecond = found.get(line.second) ?? new Map<string, Histogram>();
      found.set(line.second, ofSecond);
      const sum = ofSecond.get(line.tag) ?? createHistogram();
      if (line.addTo(sum)) ofSecond.set(line.tag, sum);
    });
  }
  return found;
}
