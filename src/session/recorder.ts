import { createHistogram, type Histogram, type Quantiles, quantilesOf } from '../metrics/histogram.ts';
import type { RecordedSecond } from '../metrics/types.ts';
import { shiftFrame, shiftStall } from '../metrics/window.ts';
import type { SessionSums } from '../read/session-sums.ts';
import type { EvidenceLog } from '../store/evidence-log.ts';
import type { SessionWriter } from '../store/session-writer.ts';
import type { EventLog } from './event-log.ts';
import { shiftEvidence } from './evidence.ts';
import type { WholeSecond } from './load/second-aggregator.ts';
import { ProgressTally, type Schedule } from './progress.ts';
import type { SegmentReceiver } from './segment.ts';
import { SettleBuffer } from './settle-buffer.ts';
import type { RunListener } from './types.ts';

export interface RecorderOptions {
  readonly writer: SessionWriter;
  readonly listener: RunListener;
  readonly schedule: Schedule;
  /** How long seconds are held back from sinks, which cannot take back what they received. */
  readonly holdSec: number;
  /** The first second that is not recorded yet. */
  readonly next: number;
  readonly events: EventLog;
  /** Receives each second once it is certain whether it counts. */
  readonly sums: SessionSums;
  /** Receives each second as soon as it is recorded. */
  readonly watch: (second: WholeSecond['frame']) => void;
  /** Stores the packets seen of attempts. */
  readonly evidence: Pick<EvidenceLog, 'add'>;
}

/** Passes the seconds of each segment of load on to disk, sinks and progress. */
export class Recorder {
  readonly #options: RecorderOptions;
  readonly #progress: ProgressTally;
  readonly #handshakes = createHistogram();
  readonly #held: SettleBuffer | undefined;
  readonly #startedAtMs: number;
  readonly #disk: DiskWatch;
  #quantiles = new Map<string, Quantiles>();
  #written: Promise<void> = Promise.resolve();
  #next: number;
  isStopping = false;

  constructor(options: RecorderOptions) {
    const { listener, holdSec, events, writer } = options;
    this.#options = options;
    this.#next = options.next;
    this.#startedAtMs = Date.parse(writer.info.startedAt);
    this.#progress = new ProgressTally(options.schedule);
    this.#disk = new DiskWatch(events);
    const isAside = (second: number): boolean => events.isAside(second);
    this.#held =
      listener.second === undefined
        ? undefined
        : new SettleBuffer(holdSec, isAside, (recorded) => listener.second?.(recorded));
  }

  /** The second after the last one recorded. */
  get next(): number {
    return this.#next;
  }

  /** @param baseSec second of the session that is second 0 of the segment */
  receiver(baseSec: number): SegmentReceiver {
    return {
      onEvidence: (second, kept) =>
        this.#options.evidence.add(second + baseSec, shiftEvidence(kept, baseSec)),
      onHistogram: (tag, histogram) => this.#count(tag, histogram),
      onSecond: ({ frame, encoded, stalls }) =>
        this.#take({
          frame: shiftFrame(frame, baseSec),
          encoded,
          stalls: stalls.map((stall) => shiftStall(stall, baseSec)),
        }),
    };
  }

  /** Resolves once every second is on disk, its window is closed, and it has been passed on. */
  async flush(): Promise<void> {
    await this.#written;
    await this.closeAll();
    this.#held?.releaseAll();
  }

  /** Closes what is open, complete or not. */
  async closeAll(): Promise<void> {
    const { writer, sums } = this.#options;
    sums.add(await writer.closeAll());
  }

  #count(tag: string, histogram: Histogram): void {
    if (tag.endsWith('.handshake')) this.#handshakes.add(histogram);
    if (this.#held !== undefined) this.#quantiles.set(tag, quantilesOf(histogram));
  }

  #take({ frame, encoded, stalls }: WholeSecond): void {
    const { writer, listener, watch, sums } = this.#options;
    this.#next = Math.max(this.#next, frame.second + 1);
    watch(frame);
    const atMs = this.#startedAtMs + frame.second * 1_000;
    const recorded: RecordedSecond = { atMs, frame, quantiles: this.#quantiles };
    this.#quantiles = new Map();
    // One second after the other: a slow disk makes the next one wait, never the load.
    this.#written = this.#written.then(async () => {
      sums.add(await writer.append(frame, encoded, stalls));
      this.#disk.check(frame.second, writer.failures);
      this.#held?.add(recorded);
    });
    listener.alive?.();
    this.#progress.add(frame);
    listener.progress?.(this.#progress.read(this.#handshakes, this.isStopping));
  }
}

/** Records when the disk stops and resumes accepting writes, judging by each second's write. */
export class DiskWatch {
  readonly #events: Pick<EventLog, 'add' | 'end'>;
  #failures = 0;
  #lasting: number | undefined;

  constructor(events: Pick<EventLog, 'add' | 'end'>) {
    this.#events = events;
  }

  /** @param failures number of failed writes so far; `second` has just been tried */
  check(second: number, failures: number): void {
    const isWritten = failures === this.#failures;
    this.#failures = failures;
    if (isWritten) {
      if (this.#lasting !== undefined) this.#events.end(this.#lasting, second);
      this.#lasting = undefined;
    } else {
      this.#lasting ??= this.#events.add({
        ...{ kind: 'disk-full', fromSec: second, toSec: null, setsAside: false },
        text: 'cannot write the results (the disk may be full): measurements are kept in memory for now, and the load continues',
      });
    }
  }
}
