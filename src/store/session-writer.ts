import { join } from 'node:path';
import { EnvironmentError } from '../errors.ts';
import type { Frame, Stall } from '../metrics/types.ts';
import { redactScenario } from '../scenario/secret-places.ts';
import { FILES } from './files.ts';
import { appendStep, type Entry, Journal } from './journal.ts';
import { writeJson } from './json-file.ts';
import type { RunStatus } from './run-info.ts';
import { type RunInfo, sessionOf } from './run-info.ts';
import type { SessionEvent } from './session-events.ts';
import { isTouched } from './session-events.ts';
import type { Histograms, SessionFiles } from './session-files.ts';
import { type ClosedWindow, closeWindow, type OpenSecond, OpenWindows } from './soak-windows.ts';

/** How much besides seconds may wait for a full disk: windows of some days, and more events than anybody reads. */
const MAX_WINDOWS_BYTES = 16 * 1024 * 1024;
const MAX_EVENTS_BYTES = 1024 * 1024;

export interface SessionWriterOptions {
  readonly dir: string;
  readonly info: RunInfo;
  readonly files: SessionFiles;
  readonly onFailure: (message: string) => void;
  /** What another process wrote of it before. */
  readonly before?: {
    /** The first second that is not settled. */
    readonly firstOpen: number;
    readonly open: readonly OpenSecond[];
    readonly events: readonly SessionEvent[];
  };
}

/**
 * Writes a run or a soak: each second as it comes, and again once it is settled whether it counts. Calls are executed
 * one after the other.
 */
export class SessionWriter {
  readonly dir: string;
  /** How long after a second it may still be excluded, seconds. */
  readonly settleSec: number;
  readonly #files: SessionFiles;
  readonly #onFailure: (message: string) => void;
  readonly #open: OpenWindows;
  readonly #seconds: Journal;
  readonly #windows = new Journal(MAX_WINDOWS_BYTES);
  readonly #events = new Journal(MAX_EVENTS_BYTES);
  /** Only those that may still exclude seconds. */
  readonly #aside = new Map<number, SessionEvent>();
  readonly #lasting = new Map<number, SessionEvent>();
  #info: RunInfo;
  #eventCount: number;
  #failures = 0;
  #queue: Promise<unknown> = Promise.resolve();

  constructor({ dir, info, files, onFailure, before }: SessionWriterOptions) {
    this.dir = dir;
    this.#info = info;
    this.settleSec = sessionOf(info)?.settleSec ?? 0;
    this.#files = files;
    this.#onFailure = onFailure;
    this.#seconds = new Journal(files.maxWaitingBytes);
    this.#open = new OpenWindows(files.windowSec, this.settleSec, before?.firstOpen ?? 0);
    for (const second of before?.open ?? []) this.#open.add(second);
    const events = before?.events ?? [];
    this.#eventCount = Math.max(0, ...events.map(({ id }) => id));
    for (const event of events) this.#remember(event);
  }

  /** run.json as it is. */
  get info(): RunInfo {
    return this.#info;
  }

  /** What run.json says from now on, without secrets; one that cannot be written now is written at the end. */
  extend({ scenario, ...changes }: Partial<RunInfo>): Promise<void> {
    const redacted = scenario === undefined ? {} : { scenario: redactScenario(scenario) };
    this.#info = { ...this.#info, ...changes, ...redacted };
    return this.#inTurn(async () => {
      await writeJson(join(this.dir, FILES.info), this.#info).catch((cause: Error) =>
        this.#onFailure(`${cause.message}: ${FILES.info} in ${this.dir} lacks its last arms for now`),
      );
    });
  }

  /** Seconds in which something could not be written at once. */
  get failures(): number {
    return this.#failures;
  }

  /**
   * Appends one second, numbered since the start. One that comes too late for its own counts in the first that is still
   * open.
   * @returns the windows that settled with it, in order, each once; of a run, each second is one
   */
  append(frame: Frame, histograms: Histograms, stalls: readonly Stall[]): Promise<ClosedWindow[]> {
    return this.#inTurn(async () => {
      const second = Math.max(frame.second, this.#open.earliest);
      const kept = stalls.slice(0, this.#files.quota.take(second, stalls.length));
      const stallsLeftOut = frame.stallsLeftOut + stalls.length - kept.length;
      await this.#appendSecond({ ...frame, second, stallsLeftOut }, histograms, kept);
      return this.#close(this.#open.takeSettled(second));
    });
  }

  /** Something begins, or happens at once: from now on it decides which seconds count. */
  event(event: Omit<SessionEvent, 'id'>): SessionEvent {
    this.#eventCount += 1;
    const numbered: SessionEvent = { id: this.#eventCount, ...event };
    this.#writeEvent(numbered);
    return numbered;
  }

  /**
   * What lasts ends.
   * @param toSec exclusive
   */
  endEvent(id: number, at: string, toSec: number): void {
    const event = this.#lasting.get(id);
    if (event !== undefined) this.#writeEvent({ ...event, at, toSec });
  }

  /** Closes every window, whether it is over or not: what comes later is another's. */
  closeAll(): Promise<ClosedWindow[]> {
    return this.#inTurn(() => this.#close(this.#open.takeAll()));
  }

  /** Writes the summary and closes the files. Every window has to be closed before. */
  finish(summary: object, status: RunStatus, endedAt: string): Promise<void> {
    return this.#inTurn(async () => {
      for (const journal of [this.#seconds, this.#windows, this.#events]) this.#tell(await journal.flush());
      const lost = Object.entries({
        [`${FILES.frames}, ${FILES.stalls} and ${FILES.latency}`]: [this.#seconds, this.#windows],
        'events.jsonl': [this.#events],
      }).filter(([, journals]) => journals.some(({ waiting, dropped }) => waiting + dropped > 0));
      if (lost.length > 0) {
        const names = lost.map(([name]) => name).join(' and ');
        this.#onFailure(`not everything could be written: ${names} in ${this.dir} lack their last lines`);
      }
      try {
        await this.#files.close();
        if (this.#windows.waiting + this.#windows.dropped === 0) await this.#files.removeRecent();
        await writeJson(join(this.dir, FILES.summary), summary);
        await writeJson(join(this.dir, FILES.info), { ...this.info, status, endedAt });
      } catch (cause) {
        throw new EnvironmentError(`cannot write the summary to ${this.dir} (${(cause as Error).message})`, {
          hint: `free disk space, then rebuild it: rushhour results show ${this.info.id}`,
          cause,
        });
      }
    });
  }

  /** Closes the files, of one that is not finished as well: what they hold is that of an interrupted run. */
  release(): Promise<void> {
    return this.#inTurn(() => this.#files.close());
  }

  async #appendSecond(frame: Frame, histograms: Histograms, stalls: readonly Stall[]): Promise<void> {
    this.#open.add({ frame, histograms: [...histograms].map(([tag, { text }]) => [tag, text]), stalls });
    await this.#write(this.#seconds, this.#files.secondEntry(frame, histograms, stalls));
  }

  async #close(windows: readonly (readonly OpenSecond[])[]): Promise<ClosedWindow[]> {
    const closed: ClosedWindow[] = [];
    for (const seconds of windows) {
      const events = [...this.#aside.values()];
      const window = closeWindow(seconds, (second) => isTouched(second, events, this.settleSec));
      closed.push(window);
      const entry = this.#files.windowEntry(window);
      if (entry !== undefined) await this.#write(this.#windows, entry);
      this.#forget((seconds.at(-1)?.frame.second ?? 0) + 1);
    }
    return closed;
  }

  #writeEvent(event: SessionEvent): void {
    this.#remember(event);
    const line = `${JSON.stringify(event)}\n`;
    const steps = [appendStep(() => this.#files.openEvents(), line)];
    void this.#inTurn(() => this.#write(this.#events, { steps, bytes: line.length }));
  }

  #remember(event: SessionEvent): void {
    if (event.setsAside) this.#aside.set(event.id, event);
    if (event.toSec === null) this.#lasting.set(event.id, event);
    else this.#lasting.delete(event.id);
  }

  /** What can touch no second from here on decides nothing any more. */
  #forget(firstOpen: number): void {
    for (const { id, toSec } of this.#aside.values()) {
      if (toSec !== null && toSec + this.settleSec < firstOpen) this.#aside.delete(id);
    }
  }

  #inTurn<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#queue.then(act);
    this.#queue = done.catch(() => {});
    return done;
  }

  async #write(journal: Journal, entry: Entry): Promise<void> {
    this.#tell(await journal.add(entry));
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
