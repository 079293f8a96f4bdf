import { type ArmDetail, ArmTimeSeriesBuilder, type RunDetail } from '../analysis/run-detail.ts';
import { describeTested } from '../analysis/tested.ts';
import { createHistogram } from '../metrics/histogram.ts';
import { readRunInfo } from '../store/read-info.ts';
import { CommittedRange, framesOf } from '../store/run-frames.ts';
import type { RunInfo } from '../store/run-info.ts';
import { sumIntervals } from '../store/run-intervals.ts';
import { readFarBeside } from './beside.ts';
import { chooseEvidence, chooseFarEvidence } from './choose-evidence.ts';
import { nameOfFolder } from './folder-name.ts';
import { SessionSums } from './session-sums.ts';
import { readStoredSummary, summariseSums } from './summary.ts';

/** What figures are drawn of; the other tags are passed over unread. */
const DRAWN = ['handshake', 'firstByte', 'total'] as const;

/**
 * Reads a run for its figures: counts by the second, and histograms merged over the run.
 * @throws UsageError where the folder holds no run
 */
export async function readRunDetail(dir: string): Promise<RunDetail> {
  const info = await readRunInfo(dir);
  const stored = await readStoredSummary(dir);
  // Without one it is made of the same frames and histograms, so that they are read once.
  const whole = stored === undefined ? new SessionSums(info) : undefined;
  const { arms, reach } = await readArms(dir, info, whole);
  const tags = [...arms.keys()].flatMap((name) => DRAWN.map((timed) => `${name}.${timed}`));
  const sums = await sumIntervals(dir, reach, whole === undefined ? new Set(tags) : undefined);
  whole?.addWindows(reach.lines, sums);
  const { command, workers, versions, endpoints, host, synResentAtSec = [] } = info;
  const evidence = await chooseEvidence(dir);
  return {
    name: nameOfFolder(dir, info.id),
    summary: stored ?? { ...(await summariseSums(dir, info, whole!)), ...(await readFarBeside(dir)) },
    tested: describeTested(info),
    arms,
    histograms: new Map(tags.map((tag) => [tag, sums.get(tag) ?? createHistogram()])),
    seconds: reach.lastSecond + 1,
    ...{ evidence, farEvidence: await chooseFarEvidence(dir, evidence) },
    ...{ synResentAtSec, command, workers, versions, endpoints, host },
  };
}

/** Stalls by the second since the run's start, of each arm's measured phases: reads only frames. */
export async function readStalledTimeSeries(dir: string): Promise<Map<string, readonly number[]>> {
  const { arms } = await readArms(dir, await readRunInfo(dir));
  return new Map([...arms].map(([name, { stalled }]) => [name, stalled]));
}

async function readArms(
  dir: string,
  info: RunInfo,
  sums?: SessionSums,
): Promise<{ arms: Map<string, ArmDetail>; reach: CommittedRange }> {
  const reach = new CommittedRange();
  const builders = info.scenario.arms.map(({ name }) => [name, new ArmTimeSeriesBuilder(name)] as const);
  for await (const frame of framesOf(dir, info, reach)) {
    for (const [, builder] of builders) builder.add(frame);
    sums?.addFrame(frame);
  }
  const seconds = reach.lastSecond + 1;
  return { arms: new Map(builders.map(([name, builder]) => [name, builder.finish(seconds)])), reach };
}
