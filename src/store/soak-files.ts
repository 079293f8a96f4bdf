import { open, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AppendFile, closeAll } from './append-file.ts';
import { latencyFile } from './files.ts';
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

  /** The file for the next window: all lines of a window are in one file. */
  async open(): Promise<AppendFile> {
    if (this.#file !== undefined && (await sizeOf(this.path)) >= this.#maxBytes) {
      await this.close();
      this.#index += 1;
    }
    if (this.#file === undefined) {
      this.#file = await AppendFile.open(this.path);
      if (this.#file.length === 0) await this.#file.append(this.#head);
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
    this.#open.set(name, { segment, file });
    this.#segments.add(segment);
    await known?.file.close();
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
    const files = [...this.#open.values()].map(({ file }) => file);
    this.#open.clear();
    await closeAll(files);
  }
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
