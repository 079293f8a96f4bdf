import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { UsageError } from '../errors.ts';
import { SessionSums } from '../read/session-sums.ts';
import { FILES } from '../store/files.ts';
import { writeJson } from '../store/json-file.ts';
import { readOpenSeconds } from '../store/open-seconds.ts';
import { markProcess, readStatus } from '../store/process-mark.ts';
import { readRunInfo } from '../store/read-info.ts';
import { failToWrite } from '../store/run-folder.ts';
import { CommittedRange, framesOf } from '../store/run-frames.ts';
import type { RunInfo } from '../store/run-info.ts';
import { sumIntervals } from '../store/run-intervals.ts';
import type { SessionEvent } from '../store/session-events.ts';
import { readEvents } from '../store/session-events.ts';
import { SecondFiles } from '../store/session-files.ts';
import { cutTornTails, cutUncommitted } from '../store/session-repair.ts';
import { SessionWriter } from '../store/session-writer.ts';
import { SOAK_LIMITS, type SoakLimits, WindowFiles } from '../store/window-files.ts';

/** A reopened run or soak, with everything recorded of it before. */
export interface ReopenedSession {
  readonly writer: SessionWriter;
  /** The last recorded second; -1 if there is none. */
  readonly lastSecond: number;
  readonly sums: SessionSums;
  /** All events, in the order in which they began. */
  readonly events: readonly SessionEvent[];
  /** Those without a recorded end. */
  readonly openEvents: readonly SessionEvent[];
}

/**
 * Reopens a run or soak whose process died. Partial writes are removed; for a soak, the seconds that no window
 * contains become one window, or a few.
 * @throws UsageError if the folder contains neither, or one that is still running
 * @throws EnvironmentError if the folder is not writable
 */
export async function reopenSession(
  dir: string,
  onFailure: (message: string) => void,
  limits: SoakLimits = SOAK_LIMITS,
): Promise<ReopenedSession> {
  const before = await readInfo(dir);
  try {
    return await goOn(dir, before, { onFailure, limits });
  } catch (cause) {
    failToWrite(dir, cause);
  }
}

async function readInfo(dir: string): Promise<RunInfo> {
  const info = await readRunInfo(dir);
  if (info.soak === undefined && info.session === undefined) {
    throw new UsageError(`${dir} was written by a version of rushhour that could not resume runs`, {
      hint: 'start a new run without --resume',
    });
  }
  if (readStatus(info) === 'running' && info.process.pid !== process.pid) {
    throw new UsageError(`${info.id} is still running, as process ${info.process.pid}`, {
      hint: 'wait until it ends, or stop it: two processes must not write to one folder',
    });
  }
  return info;
}

async function goOn(
  dir: string,
  { endedAt: _, ...before }: RunInfo,
  { onFailure, limits }: { onFailure: (message: string) => void; limits: SoakLimits },
): Promise<ReopenedSession> {
  const { soak } = before;
  await cutTornTails(dir);
  const reach = new CommittedRange();
  const info = markedAsRunning(before);
  const sums = new SessionSums(info);
  const settled = soak === undefined ? before : undefined;
  for await (const frame of framesOf(dir, settled, reach)) sums.addFrame(frame);
  const { settledSec, stallsKept } = reach;
  const open = soak === undefined ? [] : await readOpenSeconds(dir, settledSec);
  const lastSecond = open.at(-1)?.frame.second ?? settledSec;
  await cutUncommitted(dir, { settledSec, lastSecond, stallsKept });
  sums.addWindows(reach.lines, await sumIntervals(dir, reach));
  const events = await readEvents(dir);
  await recordProcess(dir, info);
  const startedAtMs = Date.parse(info.startedAt);
  const stallsOpen = open.reduce((sum, { stalls }) => sum + stalls.length, 0);
  const files =
    soak === undefined
      ? await SecondFiles.open(dir, startedAtMs, stallsKept)
      : await WindowFiles.open(dir, startedAtMs, soak, limits, { stallsKept, stallsOpen });
  const writer = new SessionWriter({
    ...{ dir, info, files, onFailure },
    before: { firstOpen: settledSec + 1, open, events },
  });
  sums.add(await writer.closeAll());
  return { writer, lastSecond, sums, events, openEvents: events.filter(({ toSec }) => toSec === null) };
}

function markedAsRunning(before: RunInfo): RunInfo {
  const mark = markProcess();
  const { soak, session } = before;
  return {
    ...before,
    ...{ status: 'running', process: mark },
    ...(soak === undefined ? {} : { soak: { ...soak, processes: [...soak.processes, mark] } }),
    ...(session === undefined ? {} : { session: { ...session, processes: [...session.processes, mark] } }),
  };
}

async function recordProcess(dir: string, info: RunInfo): Promise<void> {
  await writeJson(join(dir, FILES.info), info);
  // Present if its user had ended it.
  await rm(join(dir, FILES.summary), { force: true });
}
