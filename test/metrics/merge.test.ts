import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addCounts, addTokens, emptyCounts, stalledOf } from '../../src/metrics/counts.ts';
import {
  createHistogram,
  encodeHistogram,
  type Histogram,
  LONGEST_US,
  type Quantiles,
  quantilesOf,
  recordUs,
} from '../../src/metrics/histogram.ts';
import { addHistogram, HistogramMerger, mergeFrames } from '../../src/metrics/merge.ts';
import type { SeriesCounts } from '../../src/metrics/types.ts';
import { rollUp, setAside, unroll } from '../../src/metrics/window.ts';
import { frameOf } from '../analysis/parts.ts';
import { play, recorderOf, recordOf, refusedLocally } from './attempts.ts';
import { decodeHistogram } from './decode.ts';

describe('merging the frames of several shards', () => {
  it('gives what one shard with all the attempts would have given', () => {
    const [one, two, all] = [recorderOf(), recorderOf(), recorderOf()];
    const records = [
      recordOf({ startedAtUs: 10_000 }),
      recordOf({ startedAtUs: 20_000, endpoint: 1, status: 500 }),
      recordOf({ startedAtUs: 30_000, establishedAtUs: 1_200_000, synRetransmits: 1 }),
      refusedLocally('EMFILE', { startedAtUs: 40_000 }),
      recordOf({ startedAtUs: 50_000, establishedAtUs: 3_400_000, synRetransmits: 2, endpoint: 1 }),
    ];
    for (const [index, record] of records.entries()) {
      play(index % 2 === 0 ? one : two, record, index === 4);
      play(all, record, index === 4);
    }
    const parts = [one.takeFrame(7, 2), two.takeFrame(7, 3)];
    const whole = all.takeFrame(7, 5);
    expect(mergeFrames(parts.map(({ frame }) => frame))).toEqual(whole.frame);
    const taken = new Map<string, Quantiles>();
    const merged = new HistogramMerger().merge(
      parts.map(({ histograms }) => histograms),
      (tag, histogram) => taken.set(tag, quantilesOf(histogram)),
    );
    expect([...merged.keys()].sort()).toEqual(Object.keys(whole.histograms).sort());
    for (const [tag, { text, maxUs }] of merged) {
      const wanted = quantilesOf(decodeHistogram(whole.histograms[tag]!));
      expect(taken.get(tag)).toEqual(wanted);
      expect(quantilesOf(decodeHistogram(text))).toEqual(wanted);
      expect(maxUs).toBe(wanted.max);
    }
  });

  it('keeps the very encoding of what one shard alone reported', () => {
    const [one, two] = [createHistogram(), createHistogram()];
    recordUs(one, 20);
    recordUs(two, 5_000);
    const parts = [
      { alone: encodeHistogram(one), both: encodeHistogram(one) },
      { both: encodeHistogram(two) },
    ];
    const merged = new HistogramMerger().merge(parts, () => {});
    expect(merged.get('alone')).toEqual({ text: parts[0]?.alone, maxUs: 20 });
    expect(decodeHistogram(merged.get('both')?.text ?? '').totalCount).toBe(2);
  });

  it('carries nothing over from one second to the next', () => {
    const merger = new HistogramMerger();
    const late = createHistogram();
    recordUs(late, 900_000);
    const early = createHistogram();
    recordUs(early, 7);
    merger.merge([{ a: encodeHistogram(late) }], () => {});
    const taken: Quantiles[] = [];
    merger.merge([{ a: encodeHistogram(early) }], (_, histogram) => taken.push(quantilesOf(histogram)));
    expect(taken).toMatchObject([{ count: 1, min: 7, max: 7 }]);
  });

  it('leaves the frames that it merges as they were', () => {
    const recorder = recorderOf();
    play(recorder, recordOf());
    const { frame } = recorder.takeFrame(0, 1);
    const before = structuredClone(frame);
    mergeFrames([frame, frame]);
    expect(frame).toEqual(before);
  });

  it('adds up what was left out of the lists of stalls', () => {
    const frame = { second: 3, series: {}, open: 0, stallsLeftOut: 4 };
    expect(mergeFrames([frame, frame, frame])).toEqual({ ...frame, stallsLeftOut: 12 });
  });
});

describe('adding counts', () => {
  it('adds under names that every object inherits as under any other', () => {
    const part = {
      ...emptyCounts(),
      requestRetransmits: { toString: 2 },
      byProofAge: {
        valueOf: { alive: 1, cuts: { RST: 1 } },
        ...JSON.parse('{"__proto__":{"alive":1,"cuts":{}}}'),
      },
      byReuseAge: { constructor: { attempts: 3, stalled: 1 } },
      endpoints: { toString: { started: 4, established: 3, completed: 2, stalled: 1 } },
    };
    const sum = emptyCounts();
    addCounts(sum, part);
    addCounts(sum, part);
    expect(sum.requestRetransmits).toEqual({ toString: 4 });
    expect(sum.byProofAge['valueOf']).toEqual({ alive: 2, cuts: { RST: 2 } });
    expect(sum.byReuseAge).toEqual({ constructor: { attempts: 6, stalled: 2 } });
    expect(sum.endpoints).toEqual({ toString: { started: 8, established: 6, completed: 4, stalled: 2 } });
    expect({}).not.toHaveProperty('alive');
    const tokens = {};
    addTokens(tokens, { valueOf: { minted: 1, discarded: 0, failures: { toString: 1 } } });
    expect(tokens).toEqual({ valueOf: { minted: 1, discarded: 0, failures: { toString: 1 } } });
  });

  it('keeps the earliest begin and the latest end, and takes -1 for none', () => {
    const sum = emptyCounts();
    addCounts(sum, { ...emptyCounts(), firstBegunUs: 500, lastBegunUs: 700, lastEndUs: -1 });
    addCounts(sum, { ...emptyCounts(), firstBegunUs: 0, lastBegunUs: 600, lastEndUs: 900 });
    addCounts(sum, emptyCounts());
    expect(sum).toMatchObject({ firstBegunUs: 0, lastBegunUs: 700, lastEndUs: 900 });
  });

  it('adds up by reuse age, and takes a frame from before that was counted for none', () => {
    const sum = emptyCounts();
    const counts = { ...emptyCounts(), byReuseAge: { '500': { attempts: 3, stalled: 1 } } };
    addCounts(sum, counts);
    addCounts(sum, {
      ...counts,
      byReuseAge: { '500': { attempts: 2, stalled: 2 }, '1000': { attempts: 1, stalled: 0 } },
    });
    const { byReuseAge: _, ...older } = emptyCounts();
    addCounts(sum, older as SeriesCounts);
    expect(sum.byReuseAge).toEqual({
      '500': { attempts: 5, stalled: 3 },
      '1000': { attempts: 1, stalled: 0 },
    });
    expect(counts.byReuseAge).toEqual({ '500': { attempts: 3, stalled: 1 } });
  });

  it('counts as stalled what recovered, froze or was not resolved', () => {
    expect(stalledOf({ recovered: 1, frozen: 20, unresolved: 300 })).toBe(321);
  });
});

describe('summing histograms by tag', () => {
  const of = (...values: number[]): Histogram => {
    const histogram = createHistogram();
    for (const value of values) recordUs(histogram, value);
    return histogram;
  };

  it('never makes a histogram that it was given part of the sum', () => {
    const sums = new Map<string, Histogram>();
    const first = of(100);
    addHistogram(sums, 'a', first);
    addHistogram(sums, 'a', of(200, 300));
    expect(first.totalCount).toBe(1);
    first.reset();
    expect(sums.get('a')?.totalCount).toBe(3);
    expect(sums.get('a')).not.toBe(first);
  });

  it('keeps tags apart', () => {
    const sums = new Map<string, Histogram>();
    addHistogram(sums, 'a', of(1));
    addHistogram(sums, 'b', of(2, 2));
    expect([...sums].map(([tag, { totalCount }]) => [tag, totalCount])).toEqual([
      ['a', 1],
      ['b', 2],
    ]);
  });

  it('loses nothing by encoding and decoding, however often', () => {
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: LONGEST_US }), { minLength: 1 }), (values) => {
        const once = decodeHistogram(encodeHistogram(of(...values)));
        const twice = decodeHistogram(encodeHistogram(once));
        expect(once.totalCount).toBe(values.length);
        expect(quantilesOf(twice)).toEqual(quantilesOf(once));
      }),
      { numRuns: 50 },
    );
  });
});

describe('the figures of a histogram', () => {
  it('are those of the values, to within 0.1 %', () => {
    const histogram = createHistogram();
    for (let value = 1; value <= 1_000; value += 1) recordUs(histogram, value);
    expect(quantilesOf(histogram)).toEqual({
      count: 1_000,
      min: 1,
      mean: 500.5,
      p50: 500,
      p90: 900,
      p99: 990,
      p999: 999,
      max: 1_000,
    });
  });

  it('are 0 where nothing was recorded', () => {
    const nothing = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };
    expect(quantilesOf(createHistogram())).toEqual(nothing);
    expect(quantilesOf(undefined)).toEqual(nothing);
  });

  it('never put a quantile above the maximum', () => {
    const histogram = createHistogram();
    recordUs(histogram, 1_234_567);
    const { p50, p999, max } = quantilesOf(histogram);
    expect([p50, p999]).toEqual([max, max]);
  });

  it('take a time below 0 for 0, and one beyond an hour for an hour', () => {
    const histogram = createHistogram();
    recordUs(histogram, -3);
    recordUs(histogram, 2 * LONGEST_US);
    expect(quantilesOf(histogram)).toMatchObject({ count: 2, min: 0 });
    expect(histogram.maxValue / LONGEST_US).toBeCloseTo(1, 3);
  });
});

it('adds up what the machine itself dropped, and leaves out what it did not', () => {
  const frame = frameOf(0, {});
  const merged = mergeFrames([
    { ...frame, localDrops: 2, conntrackDrops: 3, ringDrops: 5 },
    { ...frame, conntrackDrops: 4 },
    frame,
  ]);
  expect(merged).toMatchObject({ localDrops: 2, conntrackDrops: 7, ringDrops: 5 });
  expect(mergeFrames([frame, frame])).not.toHaveProperty('conntrackDrops');
  const [first, last] = unroll(
    rollUp([
      { ...frame, conntrackDrops: 1 },
      { ...frameOf(1, {}), conntrackDrops: 2 },
    ]),
  );
  expect([first?.conntrackDrops, last?.conntrackDrops]).toEqual([undefined, 3]);
});

it('a second in which several shards starved is starved once, and windows add theirs up', () => {
  const frame = { second: 0, series: {}, open: 0, stallsLeftOut: 0 };
  expect(mergeFrames([{ ...frame, starvedSec: 2 }, frame, { ...frame, starvedSec: 1 }])).toMatchObject({
    starvedSec: 2,
  });
  expect(mergeFrames([frame, frame])).not.toHaveProperty('starvedSec');
  const window = rollUp([
    { ...frame, starvedSec: 2 },
    setAside({ ...frame, second: 3, starvedSec: 5 }),
    { ...frame, second: 4, starvedSec: 1 },
  ]);
  expect(window).toMatchObject({ starvedSec: 3 });
  expect(unroll(window).map(({ starvedSec = 0 }) => starvedSec)).toEqual([0, 0, 3]);
});
