import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type SoakCourse, SoakTally } from '../analysis/soak-tally.ts';
import { summarise } from '../analysis/summarise.ts';
import { Tally } from '../analysis/tally.ts';
import type { RunStatus, Summary } from '../analysis/types.ts';
import { UsageError } from '../errors.ts';
import type { Frame } from '../metrics/types.ts';
import { FILES } from './files.ts';
import { readNotes } from './notes.ts';
import { readStatus } from './process-mark.ts';
import { framesOf, Reach } from './run-frames.ts';
import { type RunInfo, runOf, type SoakInfo } from './run-info.ts';
import { sumIntervals } from './run-intervals.ts';
import { countKinds, readEvents } from './soak-events.ts';

/**
 * What run.json says, with the label that was given afterwards where one was.
 * @throws UsageError where the folder holds no run, or one of another schema
 */
export async function readRunInfo(dir: string): Promise<RunInfo> {
  const [info, { label }] = await Promise.all([parseRunInfo(dir), readNotes(dir)]);
  if (info?.schema !== 1) {
    throw new UsageError(`${dir} is no run that this version reads: ${FILES.info} does not say schema 1`, {
      hint: 'a run of a later rushhour needs that rushhour, or a later one',
    });
  }
  return label === undefined ? info : { ...info, label };
}

async function parseRunInfo(dir: string): Promise<RunInfo | null> {
  try {
    return JSON.parse(await readFile(join(dir, FILES.info), 'utf8')) as RunInfo | null;
  } catch (cause) {
    throw new UsageError(`${dir} is no run: ${(cause as Error).message}`, {
      hint: 'rushhour results lists the runs there are',
      cause,
    });
  }
}

/**
 * Every second of a run, in order; a last line that was torn is passed over. Of a soak the seconds of its windows, and
 * then those that no window has taken up yet.
 */
export async function* readFrames(dir: string): AsyncGenerator<Frame> {
  yield* framesOf(dir, (await readSoakInfo(dir))?.soak);
}

/** Frames are read of a folder whose run.json is gone, too. */
async function readSoakInfo(dir: string): Promise<RunInfo | undefined> {
  return (await parseRunInfo(dir).catch(() => undefined)) ?? undefined;
}

/** The stored summary of a run that came to its end, else the one that its frames tell so far, or still tell. */
export async function readSummary(dir: string): Promise<Summary> {
  const stored = await readStoredSummary(dir);
  return stored ?? rebuildSummary(dir);
}

/** The stored summary, with the label that was given afterwards where one was; undefined until there is one. */
export async function readStoredSummary(dir: string): Promise<Summary | undefined> {
  try {
    const summary = JSON.parse(await readFile(join(dir, FILES.summary), 'utf8')) as Summary;
    const { label } = await readNotes(dir);
    return label === undefined ? summary : { ...summary, run: { ...summary.run, label } };
  } catch {
    return undefined;
  }
}

/**
 * Makes the summary anew from frames and histograms, as a finished run does.
 * @param ending how it ended, where run.json does not say so yet
 */
export async function rebuildSummary(
  dir: string,
  ending?: { readonly status: RunStatus; readonly endedAt: string },
): Promise<Summary> {
  const info = await readRunInfo(dir);
  const reach = new Reach();
  const tally = new Tally();
  const night = new SoakTally(info.scenario.arms.map(({ name }) => name));
  for await (const frame of framesOf(dir, info.soak, reach)) {
    tally.add(frame);
    if (info.soak !== undefined) night.add(frame);
  }
  const histograms = await sumIntervals(dir, reach);
  const status = ending?.status ?? readStatus(info);
  const endedAt =
    ending?.endedAt ??
    info.endedAt ??
    new Date(Date.parse(info.startedAt) + (tally.lastSecond + 1) * 1_000).toISOString();
  const run = runOf(info, status, endedAt);
  return summarise({
    ...{ run, scenario: info.scenario, tally, histograms },
    ...(info.nat === undefined ? {} : { nat: info.nat.ports }),
    ...(info.synResentAtSec === undefined ? {} : { synResentAtSec: info.synResentAtSec }),
    ...(info.soak === undefined ? {} : { soak: await readCourse(dir, info.soak, reach, night) }),
  });
}

async function readCourse(
  dir: string,
  { windowSec }: SoakInfo,
  { lines: windows }: Reach,
  night: SoakTally,
): Promise<SoakCourse> {
  return night.read({ windows, windowSec, events: countKinds(await readEvents(dir)) });
}
