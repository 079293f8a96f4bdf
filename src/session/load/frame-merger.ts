import { mergeFrames } from '../../metrics/merge.ts';
import type { Frame, FrameHistograms, Stall } from '../../metrics/types.ts';
import type { FromWorker } from '../../worker/protocol.ts';

type ShardFrame = Extract<FromWorker, { kind: 'frame' }>;

/** One second of the whole run. */
export interface MergedSecond {
  readonly frame: Frame;
  /** By shard: not yet merged. */
  readonly histograms: readonly FrameHistograms[];
  readonly stalls: readonly Stall[];
}

/**
 * Merges the shards' seconds. A second is complete once every running shard has reported it or a later one: a shard
 * that was suspended for a whole second never reports that second.
 */
export class FrameMerger {
  readonly #pending = new Map<number, ShardFrame[]>();
  readonly #lastSecond: Map<number, number>;

  /** @param shards indexes of the shards that will report */
  constructor(shards: readonly number[]) {
    this.#lastSecond = new Map(shards.map((shard) => [shard, -1]));
  }

  /** Accepts a shard's frame; returns the seconds that it completes, in order. */
  add(message: ShardFrame): MergedSecond[] {
    const { second } = message.frame;
    this.#pending.set(second, [...(this.#pending.get(second) ?? []), message]);
    this.#lastSecond.set(message.shard, second);
    return this.#takeComplete();
  }

  /** A shard will report no more; returns the seconds that were waiting only for it. */
  finish(shard: number): MergedSecond[] {
    this.#lastSecond.delete(shard);
    return this.#takeComplete();
  }

  #takeComplete(): MergedSecond[] {
    const through = Math.min(...this.#lastSecond.values());
    const seconds = [...this.#pending.keys()].filter((second) => second <= through).sort((a, b) => a - b);
    return seconds.map((second) => {
      const parts = this.#pending.get(second) ?? [];
      this.#pending.delete(second);
      return {
        frame: mergeFrames(parts.map(({ frame }) => frame)),
        histograms: parts.map(({ histograms }) => histograms),
        stalls: parts.flatMap(({ stalls }) => stalls),
      };
    });
  }
}
