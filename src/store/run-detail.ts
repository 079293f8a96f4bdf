import { join } from 'node:path';
import { ArmCourseBuilder, type RunDetail } from '../analysis/run-detail.ts';
import { addEncoded } from '../metrics/encoded.ts';
import { createHistogram, type Histogram } from '../metrics/histogram.ts';
import { FILES } from './files.ts';
import { eachLine } from './lines.ts';
import { readFrames, readRunInfo, readSummary } from './run-reader.ts';

/** What figures are drawn of; the other tags are passed over unread. */
const DRAWN = ['handshake', 'firstByte', 'total'] as const;

/**
 * Reads a run for its figures: counts by the second, and histograms merged over the run.
 * @throws UsageError where the folder holds no run
 */
export async function readRunDetail(dir: string): Promise<RunDetail> {
  const info = await readRunInfo(dir);
  const builders = info.scenario.arms.map(({ name }) => [name, new ArmCourseBuilder(name)] as const);
  let seconds = 0;
  for await (const frame of readFrames(dir)) {
    seconds = Math.max(seconds, frame.second + 1);
    for (const [, builder] of builders) builder.add(frame);
  }
  const { command, workers, versions, endpoints, host, synResentAtSec = [] } = info;
  return {
    summary: await readSummary(dir),
    arms: new Map(builders.map(([name, builder]) => [name, builder.finish(seconds)])),
    histograms: await readHistograms(
      dir,
      builders.flatMap(([name]) => DRAWN.map((timed) => `${name}.${timed}`)),
      seconds,
    ),
    ...{ seconds, synResentAtSec, command, workers, versions, endpoints, host },
  };
}

/** Stalls by the second since the run's start, of each arm's measured phases: frames alone are read. */
export async function readStalledCourse(dir: string): Promise<Map<string, readonly number[]>> {
  const { scenario } = await readRunInfo(dir);
  const builders = scenario.arms.map(({ name }) => [name, new ArmCourseBuilder(name)] as const);
  let seconds = 0;
  for await (const frame of readFrames(dir)) {
    seconds = Math.max(seconds, frame.second + 1);
    for (const [, builder] of builders) builder.add(frame);
  }
  return new Map(builders.map(([name, builder]) => [name, builder.finish(seconds).stalled]));
}

async function readHistograms(
  dir: string,
  tags: readonly string[],
  seconds: number,
): Promise<Map<string, Histogram>> {
  const wanted = new Map(tags.map((tag) => [`Tag=${tag}`, createHistogram()]));
  await eachLine(join(dir, FILES.latency), (bytes, start, end) => {
    const tagEnd = bytes.indexOf(',', start);
    if (tagEnd < 0 || tagEnd > end) return;
    const sum = wanted.get(bytes.toString('latin1', start, tagEnd));
    if (sum === undefined || Number.parseFloat(bytes.toString('latin1', tagEnd + 1, end)) >= seconds) return;
    try {
      addEncoded(sum, bytes.toString('latin1', bytes.lastIndexOf(',', end - 1) + 1, end));
    } catch {
      // Torn, as the frame of that second.
    }
  });
  return new Map(tags.map((tag) => [tag, wanted.get(`Tag=${tag}`)!]));
}
