import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Frame, Stall } from '../metrics/types.ts';
import { AppendFile, closeAll } from './append-file.ts';
import { FILES, latencyFilesAmong, SESSION_FILES } from './files.ts';
import type { RecentSecond } from './frame-schema.ts';
import { appendStep, type Entry, type Step, waiting } from './journal.ts';
import { formatLogSecond } from './latency-log.ts';
import { makeFolder } from './make-folder.ts';
import type { SoakInfo } from './run-info.ts';
import { EventsFile, entryOf, type Histograms, jsonLines, type SessionFiles } from './session-files.ts';
import { RecentFiles, RotatingLog, syncFile } from './soak-files.ts';
import { listSegments } from './soak-recent.ts';
import { type ClosedWindow, encodeAll } from './soak-windows.ts';
import { StallQuota } from './stall-quota.ts';

export interface SoakLimits {
  /** Seconds kept individually in recent/ after their window was written. */
  readonly keepSec: number;
  /** Bytes of latency.hlog from which on it is continued in another file. */
  readonly maxLogBytes: number;
}

/** An hour; and a log that any tool opens at once. */
export const SOAK_LIMITS: SoakLimits = { keepSec: 3_600, maxLogBytes: 8 * 1024 * 1024 };

/** What may wait for a full disk: half an hour of seconds. */
const MAX_WAITING_BYTES = 8 * 1024 * 1024;

/** A window may take this share of the stalls that are left: an outage never takes all of them from what comes after it. */
const WINDOW_SHARE = 1 / 50;

/** A soak's: seconds go to recent/ as they come, and for good to one line for a window once that is settled. */
export class WindowFiles implements SessionFiles {
  readonly windowSec: number;
  readonly maxWaitingBytes = MAX_WAITING_BYTES;
  readonly quota: StallQuota;
  readonly #dir: string;
  readonly #events: EventsFile;
  readonly #files: { readonly frames: AppendFile; readonly stalls: AppendFile };
  readonly #latency: RotatingLog;
  readonly #recent: RecentFiles;
  readonly #keepSec: number;
  #stallsKept: number;

  private constructor(
    dir: string,
    files: {
      frames: AppendFile;
      stalls: AppendFile;
      latency: RotatingLog;
      recent: RecentFiles;
    },
    {
      windowSec,
      keepSec,
      stallsKept,
      stallsOpen,
    }: Record<'windowSec' | 'keepSec' | 'stallsKept' | 'stallsOpen', number>,
  ) {
    this.#dir = dir;
    this.windowSec = windowSec;
    this.#files = files;
    this.#latency = files.latency;
    this.#recent = files.recent;
    this.#events = new EventsFile(dir);
    this.#keepSec = keepSec;
    this.#stallsKept = stallsKept;
    this.quota = new StallQuota({ windowSec, share: WINDOW_SHARE, kept: stallsKept + stallsOpen });
  }

  /**
   * @param kept lines of stalls.jsonl that there are, and stalls of seconds that are only in recent/
   */
  static async open(
    dir: string,
    startedAtMs: number,
    { windowSec }: Pick<SoakInfo, 'windowSec'>,
    { keepSec, maxLogBytes }: SoakLimits,
    { stallsKept, stallsOpen } = { stallsKept: 0, stallsOpen: 0 },
  ): Promise<WindowFiles> {
    await makeFolder(join(dir, SESSION_FILES.recent));
    const index = Math.max(0, latencyFilesAmong(await readdir(dir)).length - 1);
    const recent = new RecentFiles(dir, windowSec, await listSegments(dir));
    const latency = new RotatingLog(dir, startedAtMs, { index, maxBytes: maxLogBytes });
    await latency.open();
    const [frames, stalls] = await AppendFile.openAll(
      [FILES.frames, FILES.stalls].map((name) => join(dir, name)),
    ).catch(async (error: unknown) => {
      await latency.close();
      throw error;
    });
    const files = { frames: frames!, stalls: stalls!, latency, recent };
    return new WindowFiles(dir, files, { windowSec, keepSec, stallsKept, stallsOpen });
  }

  /** Histograms first, the frame's line last: a second counts once that stands. */
  secondEntry(frame: Frame, histograms: Histograms, stalls: readonly Stall[]): Entry {
    const line: RecentSecond = stalls.length === 0 ? frame : { ...frame, stalls: [...stalls] };
    return entryOf([
      [() => this.#recent.open(frame.second, 'hlog'), formatLogSecond(frame.second, histograms)],
      [() => this.#recent.open(frame.second, 'jsonl'), `${JSON.stringify(line)}\n`],
    ]);
  }

  /** What it vouches for stands first, and would survive a power cut; the line of frames.jsonl comes last. */
  windowEntry({ window, histograms, stalls }: ClosedWindow): Entry {
    this.#stallsKept += stalls.length;
    const { frames, stalls: stallsFile } = this.#files;
    const details = jsonLines(stalls);
    const log = formatLogSecond(window.second, encodeAll(histograms), window.seconds);
    const line = `${JSON.stringify({ ...window, stallsKept: this.#stallsKept })}\n`;
    const goneSec = window.second + window.seconds - this.#keepSec;
    const steps: Step[] = [
      appendStep(async () => stallsFile, details),
      appendStep(() => this.#latency.open(), log),
      () => sync(stallsFile.path, this.#latency.path),
      appendStep(async () => frames, line),
      () => sync(frames.path),
      // What could not be removed is tried again with the next window.
      () => this.#recent.removeBefore(goneSec).catch(() => undefined),
    ];
    return { steps, bytes: details.length + log.length + line.length };
  }

  openEvents(): Promise<AppendFile> {
    return this.#events.open();
  }

  async close(): Promise<void> {
    const { frames, stalls } = this.#files;
    await closeAll([frames, stalls, this.#events, this.#latency, this.#recent]);
  }

  /** Windows contain all of it by now, and folders of many nights add up. */
  async removeRecent(): Promise<void> {
    await rm(join(this.#dir, SESSION_FILES.recent), { recursive: true, force: true });
  }
}

/** Some file systems cannot; then there is nothing to wait for. */
function sync(...paths: readonly string[]): Promise<NodeJS.ErrnoException | undefined> {
  return waiting(async () => {
    for (const path of paths) await syncFile(path);
    return undefined;
  }).then((error) => (error !== undefined && WAITS.includes(error.code ?? '') ? error : undefined));
}

const WAITS = ['ENOSPC', 'EDQUOT', 'EIO'];
