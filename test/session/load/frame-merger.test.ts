import { describe, expect, it } from 'vitest';
import { FrameMerger } from '../../../src/session/load/frame-merger.ts';
import type { FromWorker } from '../../../src/worker/protocol.ts';

const frame = (shard: number, second: number, open = 1): Extract<FromWorker, { kind: 'frame' }> => ({
  kind: 'frame',
  shard,
  frame: { second, series: {}, open, stallsLeftOut: 0 },
  histograms: {},
  stalls: [],
});

describe('merging the seconds of several shards', () => {
  it('holds a second back until every shard has reported it', () => {
    const merger = new FrameMerger([0, 1]);
    expect(merger.add(frame(0, 0, 2))).toEqual([]);
    expect(merger.add(frame(1, 0, 3)).map((merged) => merged.frame)).toEqual([
      { second: 0, series: {}, open: 5, stallsLeftOut: 0 },
    ]);
  });

  it('does not wait for a second that a shard slept through', () => {
    const merger = new FrameMerger([0, 1]);
    merger.add(frame(0, 0));
    merger.add(frame(0, 1));
    expect(merger.add(frame(1, 1)).map((merged) => merged.frame.second)).toEqual([0, 1]);
  });

  it('releases what waited for a shard that has finished', () => {
    const merger = new FrameMerger([0, 1]);
    merger.add(frame(0, 0));
    merger.add(frame(0, 1));
    expect(merger.finish(1).map((merged) => merged.frame.second)).toEqual([0, 1]);
    expect(merger.finish(0)).toEqual([]);
  });
});
