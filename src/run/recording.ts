import { summarise } from '../analysis/summarise.ts';
import { Tally } from '../analysis/tally.ts';
import type { RunStatus, Summary } from '../analysis/types.ts';
import { createHistogram, encodeHistogram, type Histogram } from '../metrics/histogram.ts';
import { addHistogram, HistogramMerger, mergeFrames } from '../metrics/merge.ts';
import type { Frame } from '../metrics/types.ts';
import type { Scenario } from '../scenario/types.ts';
import { runOf } from '../store/run-info.ts';
import type { RunWriter } from '../store/run-writer.ts';
import type { FromWorker } from '../worker/protocol.ts';
import { FrameMerger, type MergedSecond } from './frame-merger.ts';
import { ProgressTally, type Schedule } from './progress.ts';
import type { TakenTokens } from './token-mint.ts';
import type { Progress } from './types.ts';

/** Takes what the shards report, keeps it on disk and in sums, and says where the run stands. */
export class Recording {
  readonly #writer: RunWriter;
  readonly #merger: FrameMerger;
  readonly #histogramMerger = new HistogramMerger();
  readonly #progress: ProgressTally;
  readonly #onProgress: (progress: Progress) => void;
  readonly #takeTokens: () => TakenTokens | undefined;
  readonly #tally = new Tally();
  readonly #histograms = new Map<string, Histogram>();
  readonly #handshakes = createHistogram();
  #written: Promise<void> = Promise.resolve();
  isStopping = false;

  constructor(
    writer: RunWriter,
    shards: number,
    schedule: Schedule,
    onProgress: (progress: Progress) => void,
    takeTokens: () => TakenTokens | undefined = () => undefined,
  ) {
    this.#writer = writer;
    this.#merger = new FrameMerger(Array.from({ length: shards }, (_, index) => index));
    this.#progress = new ProgressTally(schedule);
    this.#onProgress = onProgress;
    this.#takeTokens = takeTokens;
  }

  receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
      case 'tokens-wanted':
        return;
      case 'frame':
        for (const second of this.#merger.add(message)) this.#take(second);
        return;
      case 'done':
        for (const second of this.#merger.finish(message.shard)) this.#take(second);
    }
  }

  /** Waits until all is on disk and writes the summary. */
  async finish(scenario: Scenario, status: RunStatus): Promise<Summary> {
    await this.#written;
    const endedAt = new Date().toISOString();
    const run = runOf(this.#writer.info, status, endedAt);
    const { nat, synResentAtSec } = this.#writer.info;
    const summary = summarise({
      ...{ run, scenario, tally: this.#tally, histograms: this.#histograms },
      ...(nat === undefined ? {} : { nat: nat.ports }),
      ...(synResentAtSec === undefined ? {} : { synResentAtSec }),
    });
    await this.#writer.finish(summary, status, endedAt);
    return summary;
  }

  /** One second after the other: a slow disk makes the next one wait, never the load. */
  #take(second: MergedSecond): void {
    const tokens = this.#takeTokens();
    const frame =
      tokens === undefined ? second.frame : mergeFrames([second.frame, tokensFrame(second.frame, tokens)]);
    this.#tally.add(frame);
    const encoded = this.#histogramMerger.merge(second.histograms, (tag, histogram) => {
      if (tag.endsWith('.handshake')) this.#handshakes.add(histogram);
      addHistogram(this.#histograms, tag, histogram);
    });
    for (const [tag, histogram] of tokens?.histograms ?? []) {
      encoded.set(tag, { text: encodeHistogram(histogram), maxUs: histogram.maxValue });
      addHistogram(this.#histograms, tag, histogram);
    }
    this.#written = this.#written.then(() => this.#writer.append(frame, encoded, second.stalls));
    this.#progress.add(frame);
    this.#onProgress(this.#progress.read(this.#handshakes, this.isStopping));
  }
}

/** What was made on this side of the threads, as if another shard had counted it. */
function tokensFrame({ second }: Frame, { counts }: TakenTokens): Frame {
  return { second, series: {}, open: 0, stallsLeftOut: 0, tokens: { ...counts } };
}
