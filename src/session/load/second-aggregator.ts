import { encodeHistogram, type Histogram } from '../../metrics/histogram.ts';
import { type EncodedHistogram, HistogramMerger, mergeFrames } from '../../metrics/merge.ts';
import type { BesideCounts, Frame, LocalDrops, Stall } from '../../metrics/types.ts';
import type { FromWorker } from '../../worker/protocol.ts';
import { FrameMerger, type MergedSecond } from './frame-merger.ts';
import type { TakenTokens } from './token-mint.ts';

/** One second of all shards, tokens included. */
export interface WholeSecond {
  readonly frame: Frame;
  readonly encoded: ReadonlyMap<string, EncodedHistogram>;
  readonly stalls: readonly Stall[];
}

export interface SecondAggregatorOptions {
  readonly shards: number;
  readonly takeTokens: () => TakenTokens | undefined;
  /** What the kernel counted since the last call. */
  readonly takeHostSecond: () => LocalDrops & BesideCounts;
  /**
   * Called with each tag's histogram of a second, which is reused as soon as the call returns; then with the second
   * itself.
   */
  readonly onHistogram: (tag: string, histogram: Histogram) => void;
  readonly onSecond: (second: WholeSecond) => void;
}

/** Combines what shards report, and passes on one second after another. */
export class SecondAggregator {
  readonly #options: SecondAggregatorOptions;
  readonly #frames: FrameMerger;
  readonly #histograms = new HistogramMerger();

  constructor(options: SecondAggregatorOptions) {
    this.#options = options;
    this.#frames = new FrameMerger(Array.from({ length: options.shards }, (_, index) => index));
  }

  receive(message: FromWorker): void {
    switch (message.kind) {
      case 'ready':
      case 'tokens-wanted':
        return;
      case 'frame':
        for (const second of this.#frames.add(message)) this.#take(second);
        return;
      case 'done':
        for (const second of this.#frames.finish(message.shard)) this.#take(second);
    }
  }

  #take(second: MergedSecond): void {
    const { onHistogram, onSecond, takeTokens, takeHostSecond } = this.#options;
    const tokens = takeTokens();
    const encoded = this.#histograms.merge(second.histograms, onHistogram);
    for (const [tag, histogram] of tokens?.histograms ?? []) {
      encoded.set(tag, { text: encodeHistogram(histogram), maxUs: histogram.maxValue });
      onHistogram(tag, histogram);
    }
    const whole =
      tokens === undefined ? second.frame : mergeFrames([second.frame, tokensFrame(second.frame, tokens)]);
    onSecond({ frame: { ...whole, ...takeHostSecond() }, encoded, stalls: second.stalls });
  }
}

/** What this thread itself made, as if another shard had counted it. */
function tokensFrame({ second }: Frame, { counts }: TakenTokens): Frame {
  return { second, series: {}, open: 0, stallsLeftOut: 0, tokens: { ...counts } };
}
