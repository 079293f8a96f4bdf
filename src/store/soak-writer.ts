import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { RunStatus, Summary } from '../analysis/types.ts';
import { EnvironmentError } from '../errors.ts';
import type { EncodedHistogram } from '../metrics/merge.ts';
import type { Frame, Stall } from '../metrics/types.ts';
import { FILES, SOAK_FILES } from './files.ts';
import { writeJson } from './json-file.ts';
import { formatLogSecond } from './latency-log.ts';
import type { SoakRunInfo } from './run-info.ts';
import type { SoakEvent } from './soak-event.ts';
import { isTouched } from './soak-events.ts';
import { type SoakFiles, syncFile } from './soak-files.ts';
import { appendStep, Journal, waiting } from './soak-journal.ts';
import type { RecentSecond } from './soak-recent.ts';
import { type ClosedWindow, closeWindow, encodeAll, type OpenSecond, OpenWindows } from './soak-windows.ts';
import { StallQuota } from './stall-quota.ts';

/** What may wait for a full disk: half an hour of seconds, and then some days of windows. */
const MAX_SECONDS_BYTES = 8 * 1024 * 1024;
const MAX_WINDOWS_BYTES = 16 * 1024 * 1024;

export interface SoakWriterOptions {
  readonly dir: string;
  readonly info: SoakRunInfo;
  readonly files: SoakFiles;
  /** Seconds that are kept one by one after their window stands. */
  readonly keepSec: number;
  readonly onFailure: (message: string) => void;
  /** What another process wrote of it before. */
  readonly before?: {
    readonly firstOpen: number;
    readonly stallsKept: number;
    readonly open: readonly OpenSecond[];
    readonly events: readonly SoakEvent[];
  };
}

/**
 * Writes a soak: each second as it comes to recent/, and each window for good once it is over and settled. One thing
 * after the other, whoever asks.
 */
export class SoakWriter {
  readonly dir: string;
  readonly info: SoakWriterOptions['info'];
  readonly #files: SoakFiles;
  readonly #keepSec: number;
  readonly #onFailure: (message: string) => void;
  readonly #open: OpenWindows;
  readonly #quota: StallQuota;
  readonly #seconds = new Journal(MAX_SECONDS_BYTES);
  readonly #windows = new Journal(MAX_WINDOWS_BYTES);
  /** Those alone that may still set seconds aside. */
  readonly #aside = new Map<number, SoakEvent>();
  readonly #lasting = new Map<number, SoakEvent>();
  #eventCount: number;
  #stallsKept: number;
  #failures = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ dir, info, files, keepSec, onFailure, before }: SoakWriterOptions) {
    this.dir = dir;
    this.info = info;
    this.#files = files;
    this.#keepSec = keepSec;
    this.#onFailure = onFailure;
    const { windowSec, settleSec } = info.soak;
    const open = before?.open ?? [];
    this.#open = new OpenWindows(windowSec, settleSec, before?.firstOpen ?? 0);
    this.#stallsKept = before?.stallsKept ?? 0;
    const stalls = open.reduce((sum, second) => sum + second.stalls.length, 0);
    this.#quota = new StallQuota(windowSec, this.#stallsKept + stalls);
    for (const second of open) this.#open.add(second);
    const events = before?.events ?? [];
    this.#eventCount = Math.max(0, ...events.map(({ id }) => id));
    for (const event of events) this.#remember(event);
  }

  /** Seconds in which something could not be written at once. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Appends one second, numbered since the soak's start. One that comes too late for its own counts in the first that is
   * still open.
   * @returns the windows that settled with it, in order, each once
   */
  append(
    frame: Frame,
    histograms: ReadonlyMap<string, EncodedHistogram>,
    stalls: readonly Stall[],
  ): Promise<ClosedWindow[]> {
    return this.#inTurn(async () => {
      const second = Math.max(frame.second, this.#open.earliest);
      const kept = stalls.slice(0, this.#quota.take(second, stalls.length));
      const stallsLeftOut = frame.stallsLeftOut + stalls.length - kept.length;
      await this.#appendSecond({ ...frame, second, stallsLeftOut }, histograms, kept);
      return this.#close(this.#open.takeSettled(second));
    });
  }

  /** Something begins, or happens at once: from now on it decides which seconds count. */
  event(event: Omit<SoakEvent, 'id'>): SoakEvent {
    this.#eventCount += 1;
    const numbered: SoakEvent = { id: this.#eventCount, ...event };
    this.#writeEvent(numbered);
    return numbered;
  }

  /** What lasts ends. @param toSec exclusive */
  endEvent(id: number, at: string, toSec: number): void {
    const event = this.#lasting.get(id);
    if (event !== undefined) this.#writeEvent({ ...event, at, toSec });
  }

  /** Closes every window, whether it is over or not: what comes later is another's. */
  closeAll(): Promise<ClosedWindow[]> {
    return this.#inTurn(() => this.#close(this.#open.takeAll()));
  }

  /** Writes the summary and closes the files. Every window has to be closed before. */
  finish(summary: Summary, status: RunStatus, endedAt: string): Promise<void> {
    return this.#inTurn(async () => {
      const { frames, stalls, events, latency, recent } = this.#files;
      for (const error of [
        await this.#seconds.flush(),
        await this.#windows.flush(),
        await events.append(''),
      ]) {
        this.#tell(error);
      }
      if (this.#windows.waiting + this.#windows.dropped + events.pendingBytes + events.dropped > 0) {
        this.#onFailure(`not everything could be written: the files in ${this.dir} lack lines`);
      }
      try {
        await Promise.all([frames, stalls, events, latency, recent].map((file) => file.close()));
        // All of it stands in windows by now, and nights pile up.
        if (this.#windows.waiting + this.#windows.dropped === 0) {
          await rm(join(this.dir, SOAK_FILES.recent), { recursive: true, force: true });
        }
        await writeJson(join(this.dir, FILES.summary), summary);
        await writeJson(join(this.dir, FILES.info), { ...this.info, status, endedAt });
      } catch (cause) {
        throw new EnvironmentError(`cannot write the summary to ${this.dir} (${(cause as Error).message})`, {
          hint: `make room, then rebuild it: rushhour results show ${this.info.id}`,
          cause,
        });
      }
    });
  }

  /** Histograms first, the frame's line last: a second counts once that stands. */
  async #appendSecond(
    frame: Frame,
    histograms: ReadonlyMap<string, EncodedHistogram>,
    stalls: readonly Stall[],
  ): Promise<void> {
    const { recent } = this.#files;
    const texts = [...histograms].map(([tag, { text }]) => [tag, text] as const);
    this.#open.add({ frame, histograms: texts, stalls });
    const line: RecentSecond = stalls.length === 0 ? frame : { ...frame, stalls: [...stalls] };
    const [log, json] = [formatLogSecond(frame.second, histograms), `${JSON.stringify(line)}\n`];
    const steps = [
      appendStep(() => recent.open(frame.second, 'hlog'), log),
      appendStep(() => recent.open(frame.second, 'jsonl'), json),
    ];
    this.#tell(await this.#seconds.add(steps, log.length + json.length));
  }

  async #close(windows: readonly (readonly OpenSecond[])[]): Promise<ClosedWindow[]> {
    const closed: ClosedWindow[] = [];
    for (const seconds of windows) {
      const { settleSec } = this.info.soak;
      const events = [...this.#aside.values()];
      const window = closeWindow(seconds, (second) => isTouched(second, events, settleSec));
      closed.push(window);
      this.#tell(await this.#appendWindow(window));
      this.#forget(window.window.second + window.window.seconds);
    }
    return closed;
  }

  /** What it vouches for stands first, and would survive a power cut; the line of frames.jsonl comes last. */
  async #appendWindow({
    window,
    histograms,
    stalls,
  }: ClosedWindow): Promise<NodeJS.ErrnoException | undefined> {
    const { frames, latency, recent } = this.#files;
    this.#stallsKept += stalls.length;
    const details = stalls.map((stall) => `${JSON.stringify(stall)}\n`).join('');
    const log = formatLogSecond(window.second, encodeAll(histograms), window.seconds);
    const line = `${JSON.stringify({ ...window, stallsKept: this.#stallsKept })}\n`;
    const goneSec = window.second + window.seconds - this.#keepSec;
    const steps = [
      appendStep(async () => this.#files.stalls, details),
      appendStep(() => latency.open(), log),
      () => sync(this.#files.stalls.path, latency.path),
      appendStep(async () => frames, line),
      () => sync(frames.path),
      // What could not be removed is tried again with the next window.
      () => recent.removeBefore(goneSec).catch(() => undefined),
    ];
    return this.#windows.add(steps, details.length + log.length + line.length);
  }

  #writeEvent(event: SoakEvent): void {
    this.#remember(event);
    void this.#inTurn(async () => {
      this.#tell(await this.#files.events.append(`${JSON.stringify(event)}\n`));
    });
  }

  #remember(event: SoakEvent): void {
    if (event.setsAside) this.#aside.set(event.id, event);
    if (event.toSec === null) this.#lasting.set(event.id, event);
    else this.#lasting.delete(event.id);
  }

  /** What can touch no second from here on decides nothing any more. */
  #forget(firstOpen: number): void {
    for (const { id, toSec } of this.#aside.values()) {
      if (toSec !== null && toSec + this.info.soak.settleSec < firstOpen) this.#aside.delete(id);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => {});
    return done;
  }

  #tell(error: NodeJS.ErrnoException | undefined): void {
    if (error === undefined) return;
    this.#failures += 1;
    if (this.#failures === 1) {
      const what = error.code === 'ENOSPC' ? 'the disk is full' : error.message;
      this.#onFailure(`${what}: what is measured waits in memory until it can be written to ${this.dir}`);
    }
  }
}

/** Some file systems cannot; then nothing is to be waited for. */
function sync(...paths: readonly string[]): Promise<NodeJS.ErrnoException | undefined> {
  return waiting(async () => {
    for (const path of paths) await syncFile(path);
    return undefined;
  }).then((error) => (error !== undefined && WAITS.includes(error.code ?? '') ? error : undefined));
}

const WAITS = ['ENOSPC', 'EDQUOT', 'EIO'];
