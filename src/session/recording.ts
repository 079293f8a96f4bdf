import { summarise } from '../analysis/summarise.ts';
import { Tally } from '../analysis/tally.ts';
import type { RunStatus, Summary } from '../analysis/types.ts';
import { RushhourError } from '../errors.ts';
import { createHistogram, type Histogram, type Quantiles, quantilesOf } from '../metrics/histogram.ts';
import { addHistogram } from '../metrics/merge.ts';
import type { LocalDrops, RecordedSecond } from '../metrics/types.ts';
import type { Scenario } from '../scenario/types.ts';
import { runOf } from '../store/run-info.ts';
import type { RunWriter } from '../store/run-writer.ts';
import type { FromWorker } from '../worker/protocol.ts';
import { type WholeSecond, WholeSeconds } from './load/second-aggregator.ts';
import type { TakenTokens } from './load/token-mint.ts';
import { ProgressTally, type Schedule } from './progress.ts';
import type { Progress } from './types.ts';

export interface RecordingOptions {
  readonly writer: RunWriter;
  readonly shards: number;
  readonly schedule: Schedule;
  readonly takeTokens?: () => TakenTokens | undefined;
  readonly takeLocalDrops?: () => LocalDrops;
  readonly onProgress: (progress: Progress) => void;
  /** Told once the second is on disk, or waits for a disk that has no room. */
  readonly onSecond?: ((recorded: RecordedSecond) => void) | undefined;
}

/** Why a summary could not be kept; undefined where it was. Anything but a missing environment is thrown. */
export async function whyNotKept(kept: Promise<void>): Promise<RushhourError | undefined> {
  try {
    await kept;
    return undefined;
  } catch (error) {
    if (error instanceof RushhourError) return error;
    throw error;
  }
}

/** Takes what the shards report, keeps it on disk and in sums, and says where the run stands. */
export class Recording {
  readonly #options: RecordingOptions;
  readonly #seconds: WholeSeconds;
  readonly #progress: ProgressTally;
  readonly #tally = new Tally();
  readonly #histograms = new Map<string, Histogram>();
  readonly #handshakes = createHistogram();
  readonly #startedAtMs: number;
  #quantiles = new Map<string, Quantiles>();
  #written: Promise<void> = Promise.resolve();
  isStopping = false;

  constructor(options: RecordingOptions) {
    this.#options = options;
    this.#progress = new ProgressTally(options.schedule);
    this.#startedAtMs = Date.parse(options.writer.info.startedAt);
    this.#seconds = new WholeSeconds({
      shards: options.shards,
      takeTokens: options.takeTokens ?? (() => undefined),
      takeLocalDrops: options.takeLocalDrops ?? (() => ({})),
      onHistogram: (tag, histogram) => this.#count(tag, histogram),
      onSecond: (second) => this.#take(second),
    });
  }

  /** Whether any attempt was given up before it had ended: such a run is not complete. */
  get hasGivenUp(): boolean {
    return this.#tally.total('abandoned') > 0;
  }

  receive(message: FromWorker): void {
    this.#seconds.receive(message);
  }

  /**
   * Waits until all is on disk, as far as it can be, and writes the summary.
   * @param onUnkept is told why the summary could not be written; it is returned all the same
   */
  async finish(
    scenario: Scenario,
    status: RunStatus,
    onUnkept: (why: RushhourError) => void = () => {},
  ): Promise<Summary> {
    await this.#written;
    const { writer } = this.#options;
    const endedAt = new Date().toISOString();
    const run = runOf(writer.info, status, endedAt);
    const { nat, synResentAtSec } = writer.info;
    const summary = summarise({
      ...{ run, scenario, tally: this.#tally, histograms: this.#histograms },
      ...(nat === undefined ? {} : { nat: nat.ports }),
      ...(synResentAtSec === undefined ? {} : { synResentAtSec }),
    });
    const why = await whyNotKept(writer.finish(summary, status, endedAt));
    if (why !== undefined) onUnkept(why);
    return summary;
  }

  #count(tag: string, histogram: Histogram): void {
    if (tag.endsWith('.handshake')) this.#handshakes.add(histogram);
    addHistogram(this.#histograms, tag, histogram);
    if (this.#options.onSecond !== undefined) this.#quantiles.set(tag, quantilesOf(histogram));
  }

  /** One second after the other: a slow disk makes the next one wait, never the load. */
  #take({ frame, encoded, stalls }: WholeSecond): void {
    const { writer, onProgress, onSecond } = this.#options;
    this.#tally.add(frame);
    const recorded = {
      atMs: this.#startedAtMs + frame.second * 1_000,
      frame,
      quantiles: this.#quantiles,
    };
    this.#quantiles = new Map();
    this.#written = this.#written
      .then(() => writer.append(frame, encoded, stalls))
      .then(() => onSecond?.(recorded));
    this.#progress.add(frame);
    onProgress(this.#progress.read(this.#handshakes, this.isStopping));
  }
}
