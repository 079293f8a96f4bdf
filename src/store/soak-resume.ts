import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { SoakTally } from '../analysis/soak-tally.ts';
import { Tally } from '../analysis/tally.ts';
import { UsageError } from '../errors.ts';
import { createHistogram, type Histogram } from '../metrics/histogram.ts';
import { addHistogram, mergeFrames } from '../metrics/merge.ts';
import type { Frame, Stall } from '../metrics/types.ts';
import { FILES, latencyFilesAmong } from './files.ts';
import { writeJson } from './json-file.ts';
import { readLogLine } from './latency-log.ts';
import { eachLine } from './lines.ts';
import { markProcess, readStatus } from './process-mark.ts';
import { failToWrite } from './run-folder.ts';
import { framesOf, Reach } from './run-frames.ts';
import type { SoakRunInfo } from './run-info.ts';
import { sumIntervals } from './run-intervals.ts';
import { readRunInfo } from './run-reader.ts';
import { SOAK_LIMITS, type SoakLimits } from './soak-create.ts';
import type { SoakEvent } from './soak-event.ts';
import { readEvents } from './soak-events.ts';
import { openSoakFiles } from './soak-files.ts';
import { listSegments, readRecent, segmentPath } from './soak-recent.ts';
import { cutTornTails, cutUnvouched } from './soak-repair.ts';
import type { OpenSecond } from './soak-windows.ts';
import { SoakWriter } from './soak-writer.ts';

/** A soak that goes on, and all that was recorded of it before. */
export interface ResumedSoak {
  readonly writer: SoakWriter;
  /** The last that was recorded; -1 where none was. */
  readonly lastSecond: number;
  readonly tally: Tally;
  readonly night: SoakTally;
  /** By tag. */
  readonly histograms: Map<string, Histogram>;
  readonly windows: number;
  /** All there were, in the order of their beginnings. */
  readonly events: readonly SoakEvent[];
  /** Those of which nobody said that they are over. */
  readonly openEvents: readonly SoakEvent[];
}

/**
 * Goes on with a soak whose process died. What it left half written is taken away, and the seconds that no window had
 * taken up become one, or a few.
 * @throws UsageError where the folder holds no soak, or one that still runs
 * @throws EnvironmentError where it cannot be written
 */
export async function resumeSoak(
  dir: string,
  onFailure: (message: string) => void,
  limits: SoakLimits = SOAK_LIMITS,
): Promise<ResumedSoak> {
  const before = await readSoakInfo(dir);
  try {
    return await goOn(dir, before, { onFailure, limits });
  } catch (cause) {
    failToWrite(dir, cause);
  }
}

async function readSoakInfo(dir: string): Promise<SoakRunInfo> {
  const info = await readRunInfo(dir);
  const { soak, process: mark } = info;
  if (soak === undefined) {
    throw new UsageError(`${dir} is no soak: nothing can be appended to it`, {
      hint: 'rushhour results lists what there is',
    });
  }
  if (readStatus(info) === 'running' && mark.pid !== process.pid) {
    throw new UsageError(`${info.id} still runs, as process ${mark.pid}`, {
      hint: 'wait until it ends, or stop it: two processes must not write one soak',
    });
  }
  return { ...info, soak };
}

async function goOn(
  dir: string,
  { endedAt: _, ...before }: SoakRunInfo,
  { onFailure, limits }: { onFailure: (message: string) => void; limits: SoakLimits },
): Promise<ResumedSoak> {
  const tally = new Tally();
  const night = new SoakTally(before.scenario.arms.map(({ name }) => name));
  const reach = new Reach();
  await cutTornTails(dir);
  for await (const frame of framesOf(dir, undefined, reach)) {
    tally.add(frame);
    night.add(frame);
  }
  const open = await readOpenSeconds(dir, reach.settledSec);
  const { settledSec, stallsKept } = reach;
  const lastSecond = open.at(-1)?.frame.second ?? settledSec;
  await cutUnvouched(dir, { settledSec, lastSecond, stallsKept });
  const histograms = await sumIntervals(dir, reach);
  const events = await readEvents(dir);
  const info = await markAsRunning(dir, before);
  const writer = new SoakWriter({
    ...{ dir, info, keepSec: limits.keepSec, onFailure },
    files: await openSoakFiles(dir, {
      startedAtMs: Date.parse(info.startedAt),
      windowSec: info.soak.windowSec,
      maxLogBytes: limits.maxLogBytes,
      logIndex: Math.max(0, latencyFilesAmong(await readdir(dir)).length - 1),
      segments: await listSegments(dir),
    }),
    before: { firstOpen: settledSec + 1, stallsKept, open, events },
  });
  const closed = await writer.closeAll();
  for (const window of closed) {
    for (const frame of window.seconds) {
      tally.add(frame);
      night.add(frame);
    }
    for (const [tag, histogram] of window.histograms) addHistogram(histograms, tag, histogram);
  }
  const openEvents = events.filter(({ toSec }) => toSec === null);
  const windows = reach.lines + closed.length;
  return { writer, lastSecond, tally, night, histograms, windows, events, openEvents };
}

async function markAsRunning(dir: string, before: SoakRunInfo): Promise<SoakRunInfo> {
  const mark = markProcess();
  const soak = { ...before.soak, processes: [...before.soak.processes, mark] };
  const info: SoakRunInfo = { ...before, status: 'running', process: mark, soak };
  await writeJson(join(dir, FILES.info), info);
  // Of a night that its user had ended.
  await rm(join(dir, FILES.summary), { force: true });
  return info;
}

/** A second that came twice, as legs met, is one. */
async function readOpenSeconds(dir: string, settledSec: number): Promise<OpenSecond[]> {
  const open = new Map<
    number,
    { frame: Frame; histograms: [tag: string, text: string][]; stalls: Stall[] }
  >();
  for await (const { stalls = [], ...frame } of readRecent(dir, settledSec)) {
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
