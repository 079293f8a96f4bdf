import { join } from 'node:path';
import type { EncodedHistogram } from '../metrics/merge.ts';
import type { Frame, Stall } from '../metrics/types.ts';
import { AppendFile, closeAll } from './append-file.ts';
import { FILES, SESSION_FILES } from './files.ts';
import { appendStep, type Entry } from './journal.ts';
import { formatLogHead, formatLogSecond } from './latency-log.ts';
import type { ClosedWindow } from './soak-windows.ts';
import { StallQuota } from './stall-quota.ts';

export type Histograms = ReadonlyMap<string, EncodedHistogram>;

/** How the seconds of a run, or of a soak, are kept. */
export interface SessionFiles {
  /** Seconds that are settled together. */
  readonly windowSec: number;
  /** Decides which stalls are kept individually. */
  readonly quota: StallQuota;
  /** Bytes of seconds that may wait for a full disk. */
  readonly maxWaitingBytes: number;
  /** A second as it comes. */
  secondEntry(frame: Frame, histograms: Histograms, stalls: readonly Stall[]): Entry;
  /** The seconds of a window once it is settled whether they count; undefined if each was already written for good. */
  windowEntry(window: ClosedWindow): Entry | undefined;
  openEvents(): Promise<AppendFile>;
  close(): Promise<void>;
  /** Removes what is kept only while load flows. */
  removeRecent(): Promise<void>;
}

/** Opens the file only when there is something to write. */
export class EventsFile {
  readonly #path: string;
  #file: AppendFile | undefined;

  constructor(dir: string) {
    this.#path = join(dir, SESSION_FILES.events);
  }

  async open(): Promise<AppendFile> {
    this.#file ??= await AppendFile.open(this.#path);
    return this.#file;
  }

  async close(): Promise<void> {
    await this.#file?.close();
  }
}

/** Three files of a plain run together; 16 MiB for each. */
const MAX_WAITING_BYTES = 48 * 1024 * 1024;

type PlainFiles = Readonly<Record<'frames' | 'stalls' | 'latency', AppendFile>>;

/** For a plain run: each second is written for good at once, and events.jsonl shows which of them do not count. */
export class SecondFiles implements SessionFiles {
  readonly windowSec = 1;
  readonly maxWaitingBytes = MAX_WAITING_BYTES;
  readonly quota: StallQuota;
  readonly #events: EventsFile;
  readonly #files: PlainFiles;
  #stallsKept: number;

  private constructor(dir: string, files: PlainFiles, stallsKept: number) {
    this.#events = new EventsFile(dir);
    this.#files = files;
    this.#stallsKept = stallsKept;
    this.quota = new StallQuota({ kept: stallsKept });
  }

  /** @param stallsKept lines of stalls.jsonl that there are */
  static async open(dir: string, startedAtMs: number, stallsKept = 0): Promise<SecondFiles> {
    const [frames, stalls, latency] = await AppendFile.openAll(
      [FILES.frames, FILES.stalls, FILES.latency].map((file) => join(dir, file)),
    );
    if (latency!.length === 0) await latency!.append(formatLogHead(startedAtMs));
    return new SecondFiles(dir, { frames: frames!, stalls: stalls!, latency: latency! }, stallsKept);
  }

  secondEntry(frame: Frame, histograms: Histograms, stalls: readonly Stall[]): Entry {
    this.#stallsKept += stalls.length;
    const vouched = stalls.length === 0 ? frame : { ...frame, stallsKept: this.#stallsKept };
    const { latency, frames } = this.#files;
    return entryOf([
      [async () => latency, formatLogSecond(frame.second, histograms)],
      [async () => this.#files.stalls, jsonLines(stalls)],
      [async () => frames, `${JSON.stringify(vouched)}\n`],
    ]);
  }

  windowEntry(): undefined {}

  openEvents(): Promise<AppendFile> {
    return this.#events.open();
  }

  async close(): Promise<void> {
    await closeAll([...Object.values(this.#files), this.#events]);
  }

  async removeRecent(): Promise<void> {}
}

export function jsonLines(values: readonly unknown[]): string {
  return values.map((value) => `${JSON.stringify(value)}\n`).join('');
}

/** Texts that go to files one after the other. */
export function entryOf(
  appends: readonly (readonly [open: () => Promise<AppendFile>, text: string])[],
): Entry {
  return {
    steps: appends.map(([open, text]) => appendStep(open, text)),
    bytes: appends.reduce((sum, [, text]) => sum + text.length, 0),
  };
}
