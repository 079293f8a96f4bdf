import { mkdir, open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppendFile } from './append-file.ts';
import { FILES, latencyFile, SOAK_FILES } from './files.ts';
import { formatLogHead } from './latency-log.ts';
import { type SegmentFile, segmentEnd, segmentOf, segmentPath } from './soak-recent.ts';

/** The log of histograms, continued in another file once one is as long as that. */
export class RotatingLog {
  readonly #dir: string;
  readonly #head: string;
  readonly #maxBytes: number;
  #index: number;
  #file: AppendFile | undefined;

  /** @param index of the file that is written now */
  constructor(dir: string, startedAtMs: number, { index, maxBytes }: { index: number; maxBytes: number }) {
    this.#dir = dir;
    this.#head = formatLogHead(startedAtMs, 'window');
    this.#maxBytes = maxBytes;
    this.#index = index;
  }

  get path(): string {
    return join(this.#dir, latencyFile(this.#index));
  }

  /** The file that the next window goes to: all lines of a window stand in one. */
  async open(): Promise<AppendFile> {
    if (this.#file !== undefined && (await sizeOf(this.path)) >= this.#maxBytes) {
      await this.close();
      this.#index += 1;
    }
    if (this.#file === undefined) {
      const file = await AppendFile.open(this.path);
      if ((await sizeOf(this.path)) === 0) await file.append(this.#head);
      this.#file = file;
    }
    return this.#file;
  }

  async close(): Promise<void> {
    await this.#file?.close();
    this.#file = undefined;
  }
}

/** The segments of recent/ that are written and removed. */
export class RecentFiles {
  readonly #dir: string;
  readonly #windowSec: number;
  readonly #segments: Set<number>;
  readonly #open = new Map<SegmentFile, { readonly segment: number; readonly file: AppendFile }>();

  /** @param segments that there are */
  constructor(dir: string, windowSec: number, segments: readonly number[]) {
    this.#dir = dir;
    this.#windowSec = windowSec;
    this.#segments = new Set(segments);
  }

  /** The file that a second goes to; seconds ascend. */
  async open(second: number, name: SegmentFile): Promise<AppendFile> {
    const segment = segmentOf(second, this.#windowSec);
    const known = this.#open.get(name);
    if (known?.segment === segment) return known.file;
    const file = await AppendFile.open(segmentPath(this.#dir, segment, name));
    await known?.file.close();
    this.#open.set(name, { segment, file });
    this.#segments.add(segment);
    return file;
  }

  /** Removes the segments that hold only seconds before one. */
  async removeBefore(second: number): Promise<undefined> {
    for (const segment of this.#segments) {
      if (segmentEnd(segment, this.#windowSec) > second) continue;
      await rm(segmentPath(this.#dir, segment, 'hlog'), { force: true });
      await rm(segmentPath(this.#dir, segment, 'jsonl'), { force: true });
      this.#segments.delete(segment);
    }
  }

  async close(): Promise<void> {
    for (const { file } of this.#open.values()) await file.close();
    this.#open.clear();
  }
}

/** The files of a soak, open for writing. */
export interface SoakFiles {
  readonly frames: AppendFile;
  readonly stalls: AppendFile;
  readonly events: AppendFile;
  readonly latency: RotatingLog;
  readonly recent: RecentFiles;
}

export interface SoakFilesFrom {
  readonly startedAtMs: number;
  readonly windowSec: number;
  /** Bytes of a log of histograms from which on another is begun. */
  readonly maxLogBytes: number;
  /** The last file of that log. */
  readonly logIndex: number;
  readonly segments: readonly number[];
}

export async function openSoakFiles(dir: string, from: SoakFilesFrom): Promise<SoakFiles> {
  await mkdir(join(dir, SOAK_FILES.recent), { recursive: true });
  const [frames, stalls, events] = await Promise.all(
    [FILES.frames, FILES.stalls, SOAK_FILES.events].map((name) => AppendFile.open(join(dir, name))),
  );
  const latency = new RotatingLog(dir, from.startedAtMs, {
    index: from.logIndex,
    maxBytes: from.maxLogBytes,
  });
  await latency.open();
  const recent = new RecentFiles(dir, from.windowSec, from.segments);
  return { frames: frames!, stalls: stalls!, events: events!, latency, recent };
}

/** Waits until what a file holds would survive a power cut. */
export async function syncFile(path: string): Promise<void> {
  const handle = await open(path, 'r+');
  try {
    await handle.datasync();
  } finally {
    await handle.close();
  }
}

async function sizeOf(path: string): Promise<number> {
  return (await stat(path)).size;
}
