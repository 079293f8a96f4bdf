import { join } from 'node:path';
import type { RunStatus, Summary } from '../analysis/types.ts';
import { UsageError } from '../errors.ts';
import type { Frame } from '../metrics/types.ts';
import { FILES } from './files.ts';
import { readNotes } from './notes.ts';
import { readStatus } from './process-mark.ts';
import { type JsonFile, readJson } from './read-json.ts';
import { framesOf, Reach } from './run-frames.ts';
import { type RunInfo, sessionOf } from './run-info.ts';
import { sumIntervals } from './run-intervals.ts';
import { runInfoSchema } from './run-schema.ts';
import { SessionSums } from './session-sums.ts';
import { readEvents } from './soak-events.ts';
import { summarySchema } from './summary-schema.ts';

/**
 * What run.json says, with the label that was given afterwards where one was.
 * @throws UsageError where the folder holds no run, a damaged one, or one of another schema
 */
export async function readRunInfo(dir: string): Promise<RunInfo> {
  const [info, { label }] = await Promise.all([readInfoFile(dir), readNotes(dir)]);
  switch (info.kind) {
    case 'whole':
      return label === undefined ? info.value : { ...info.value, label };
    case 'missing':
      throw new UsageError(`${dir} is no run: there is no ${FILES.info} in it`, {
        hint: 'rushhour results lists the runs there are',
      });
    case 'damaged':
      throw /^schema:/.test(info.why)
        ? new UsageError(`${dir} is no run that this version reads: ${FILES.info} does not say schema 1`, {
            hint: 'a run of a later rushhour needs that rushhour, or a later one',
          })
        : new UsageError(`${dir} is damaged: ${FILES.info}: ${info.why}`, {
            hint: `put ${FILES.info} back from a copy of the folder; without it nothing tells what was run`,
          });
  }
}

function readInfoFile(dir: string): Promise<JsonFile<RunInfo>> {
  return readJson<RunInfo>(join(dir, FILES.info), runInfoSchema);
}

/**
 * Every second of a run, in order; a last line that was torn is passed over. Of a soak the seconds of its windows, and
 * then those that no window has taken up yet.
 */
export async function* readFrames(dir: string): AsyncGenerator<Frame> {
  const info = await readInfoFile(dir);
  // Frames are read of a folder whose run.json is gone, too.
  yield* framesOf(dir, info.kind === 'whole' ? info.value : undefined);
}

/** The stored summary of a run that came to its end, else the one that its frames tell so far, or still tell. */
export async function readSummary(dir: string): Promise<Summary> {
  const stored = await readStoredSummary(dir);
  return stored ?? rebuildSummary(dir);
}

/** The stored summary, with the label that was given afterwards where one was; undefined without one that is whole. */
export async function readStoredSummary(dir: string): Promise<Summary | undefined> {
  const file = await readSummaryFile(dir);
  return file.kind === 'whole' ? file.value : undefined;
}

/** As {@link readStoredSummary}, telling a damaged one from none. */
export async function readSummaryFile(dir: string): Promise<JsonFile<Summary>> {
  const file = await readJson<Summary>(join(dir, FILES.summary), summarySchema);
  if (file.kind !== 'whole') return file;
  const { label } = await readNotes(dir);
  return label === undefined
    ? file
    : { ...file, value: { ...file.value, run: { ...file.value.run, label } } };
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
  const sums = await sumFolder(dir, info);
  const status = ending?.status ?? readStatus(info);
  const endedAt =
    ending?.endedAt ??
    info.endedAt ??
    new Date(Date.parse(info.startedAt) + (sums.tally.lastSecond + 1) * 1_000).toISOString();
  return sums.summarise(status, endedAt, sessionOf(info) === undefined ? [] : await readEvents(dir));
}

/** Everything that a folder holds, summed up; lines that are torn are passed over. */
export async function sumFolder(dir: string, info: RunInfo): Promise<SessionSums> {
  const sums = new SessionSums(info);
  const reach = new Reach();
  for await (const frame of framesOf(dir, info, reach)) sums.addFrame(frame);
  sums.addWindows(reach.lines, await sumIntervals(dir, reach));
  return sums;
}
