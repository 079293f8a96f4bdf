import { join } from 'node:path';
import type { RunStatus, Summary } from '../analysis/types.ts';
import { FILES } from '../store/files.ts';
import { readNotes } from '../store/notes.ts';
import { readStatus } from '../store/process-mark.ts';
import { readRunInfo } from '../store/read-info.ts';
import { type JsonFile, readJson } from '../store/read-json.ts';
import { CommittedRange, framesOf } from '../store/run-frames.ts';
import { type RunInfo, sessionOf } from '../store/run-info.ts';
import { sumIntervals } from '../store/run-intervals.ts';
import { readEvents } from '../store/session-events.ts';
import { schemaOf } from '../store/shapes.ts';
import { summarySchema } from '../store/summary-schema.ts';
import { readBeside, readFarBeside } from './beside.ts';
import { diagnoseNight } from './night.ts';
import { SessionSums } from './session-sums.ts';

const SUMMARY = schemaOf<Summary>()(summarySchema);

/** The stored summary of a finished run; otherwise one computed from the frames written so far. */
export async function readSummary(dir: string): Promise<Summary> {
  const stored = await readStoredSummary(dir);
  return stored ?? { ...(await rebuildSummary(dir)), ...(await readFarBeside(dir)) };
}

/** The stored summary, with the label that was given later, if any; undefined if there is none or it is damaged. */
export async function readStoredSummary(dir: string): Promise<Summary | undefined> {
  const file = await readSummaryFile(dir);
  return file.kind === 'whole' ? file.value : undefined;
}

/** As {@link readStoredSummary}, telling a damaged one from none. */
export async function readSummaryFile(dir: string): Promise<JsonFile<Summary>> {
  const file = await readJson(join(dir, FILES.summary), SUMMARY);
  if (file.kind !== 'whole') return file;
  const { label } = await readNotes(dir);
  const { far: _, ...stored } = file.value;
  const value = { ...stored, ...(await readFarBeside(dir)) };
  return { ...file, value: label === undefined ? value : { ...value, run: { ...value.run, label } } };
}

interface Ending {
  readonly status: RunStatus;
  readonly endedAt: string;
}

/**
 * Makes the summary anew from frames and histograms, as a finished run does.
 * @param ending how it ended, where run.json does not say so yet
 */
export async function rebuildSummary(dir: string, ending?: Ending): Promise<Summary> {
  const info = await readRunInfo(dir);
  return summariseSums(dir, info, await sumFolder(dir, info), ending);
}

/** @param sums of everything that the folder holds */
export async function summariseSums(
  dir: string,
  info: RunInfo,
  sums: SessionSums,
  ending?: Ending,
): Promise<Summary> {
  const summary = await summariseWhole(dir, info, sums, ending);
  const diagnosis = await diagnoseNight(dir, info, sums, summary);
  return { ...summary, ...(diagnosis === undefined ? {} : { diagnosis }), ...(await readBeside(dir)) };
}

/** The same, but for what belongs to parts of a soak or lies beside it. @param sums of everything that the folder holds */
export async function summariseWhole(
  dir: string,
  info: RunInfo,
  sums: SessionSums,
  ending?: Ending,
): Promise<Summary> {
  const status = ending?.status ?? readStatus(info);
  const endedAt =
    ending?.endedAt ??
    info.endedAt ??
    new Date(Date.parse(info.startedAt) + (sums.tally.lastSecond + 1) * 1_000).toISOString();
  const events = sessionOf(info) === undefined ? [] : await readEvents(dir);
  const { far } = await readFarBeside(dir);
  return sums.summarise(status, endedAt, events, far);
}

/** Everything that a folder holds, summed up; lines that are torn are passed over. */
export async function sumFolder(dir: string, info: RunInfo): Promise<SessionSums> {
  const sums = new SessionSums(info);
  const reach = new CommittedRange();
  for await (const frame of framesOf(dir, info, reach)) sums.addFrame(frame);
  sums.addWindows(reach.lines, await sumIntervals(dir, reach));
  return sums;
}
