import { createHistogram } from '../metrics/histogram.ts';
import { mergeFrames } from '../metrics/merge.ts';
import type { Frame, Stall } from '../metrics/types.ts';
import { readLogLine } from './latency-log.ts';
import { eachLine } from './lines.ts';
import { listSegments, readRecent, segmentPath } from './soak-recent.ts';
import type { OpenSecond } from './soak-windows.ts';

/**
 * The seconds in recent/ after a given one, in order, whether a window contains them yet or not. A second that occurs
 * twice, where two segments of load met, is merged.
 */
export async function readOpenSeconds(dir: string, afterSec: number): Promise<OpenSecond[]> {
  const open = new Map<
    number,
    { frame: Frame; histograms: [tag: string, text: string][]; stalls: Stall[] }
  >();
  for await (const { stalls = [], ...frame } of readRecent(dir, afterSec)) {
    const known = open.get(frame.second);
    open.set(frame.second, {
      frame: known === undefined ? frame : mergeFrames([known.frame, frame]),
      histograms: [],
      stalls: [...(known?.stalls ?? []), ...stalls],
    });
  }
  if (open.size === 0) return [];
  const scratch = createHistogram();
  for (const segment of await listSegments(dir)) {
    await eachLine(segmentPath(dir, segment, 'hlog'), (bytes, start, end) => {
      const line = readLogLine(bytes, start, end);
      if (line === undefined) return;
      const second = open.get(line.second);
      if (second !== undefined && line.addTo(scratch)) second.histograms.push([line.tag, line.encoded()]);
    });
  }
  return [...open.values()];
}
