import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { COUNTERS, emptyCounts } from '../../src/metrics/counts.ts';
import { mergeFrames } from '../../src/metrics/merge.ts';
import { isAside } from '../../src/metrics/set-aside.ts';
import type { Frame, SeriesCounts, Stall } from '../../src/metrics/types.ts';
import {
  rollUp,
  setAside,
  setAsideTag,
  shiftFrame,
  shiftStall,
  unroll,
  type WindowFrame,
} from '../../src/metrics/window.ts';
import type { Outcome } from '../../src/outcome/outcome.ts';
import { fine, frameOf } from '../analysis/parts.ts';

const count = fc.integer({ min: 0, max: 300 });
/** Moments within a second; -1 where there was none. */
const moment = fc.option(fc.integer({ min: 0, max: 999_999 }), { nil: -1 });
const byKey = (keys: readonly string[], value = fc.integer({ min: 1, max: 50 })) =>
  fc.dictionary(fc.constantFrom(...keys), value, { maxKeys: keys.length });

const OUTCOMES: readonly Outcome[] = ['ok', 'handshake-timeout', 'abandoned'];

const seriesCounts = fc
  .record({
    counters: fc.record(
      Object.fromEntries(
        COUNTERS.map((name) => [
          name,
          // In one second it may be below 0: an attempt of the second before turned out not to have been sent.
          name === 'started' ? fc.integer({ min: -3, max: 300 }) : fc.oneof(fc.constant(0), count),
        ]),
      ) as Record<(typeof COUNTERS)[number], fc.Arbitrary<number>>,
    ),
    moments: fc.tuple(moment, moment, moment),
    synRetransmits: byKey(['0', '1', '6']),
    requestRetransmits: byKey(['0', '2']),
    unmetContent: byKey(['bytes 1..2', 'header x-cache']),
    outcomes: byKey(OUTCOMES),
    statuses: byKey(['200', '407', 'other']),
    tunnelStatuses: byKey(['200', '403']),
    /** By how many seconds before. */
    stalled: byKey(['0', '1', '9']),
    browsing: fc.option(byKey(['openMost', 'openLast', 'pages']), { nil: undefined }),
    ages: byKey(['0', '12.5']),
    endpoints: byKey(['10.0.0.1:80', '10.0.0.2:80'], count),
  })
  .map((parts) => (second: number): SeriesCounts => {
    const [firstBegunUs, lastBegunUs, lastEndUs] = parts.moments.map((us) =>
      us < 0 ? us : us + second * 1_000_000,
    );
    const stalled = Object.entries(parts.stalled).map(([since, n]) => [String(second - Number(since)), n]);
    return {
      ...emptyCounts(),
      ...parts.counters,
      ...{ firstBegunUs: firstBegunUs!, lastBegunUs: lastBegunUs!, lastEndUs: lastEndUs! },
      synRetransmits: parts.synRetransmits,
      requestRetransmits: parts.requestRetransmits,
      unmetContent: parts.unmetContent,
      outcomes: parts.outcomes,
      statuses: parts.statuses,
      tunnelStatuses: parts.tunnelStatuses,
      ...(parts.browsing !== undefined && Object.keys(parts.browsing).length > 0
        ? { browsing: parts.browsing, usersByOpen: { '6': 2 } }
        : {}),
      stalledBySecond: Object.fromEntries(stalled),
      byReuseAge: Object.fromEntries(
        Object.entries(parts.ages).map(([age, attempts]) => [age, { attempts, stalled: attempts % 3 }]),
      ),
      endpoints: Object.fromEntries(
        Object.entries(parts.endpoints).map(([endpoint, n]) => [
          endpoint,
          { started: n, established: n, completed: n, stalled: n % 2 },
        ]),
      ),
    };
  });

/** A second, how many were missing before it, and whether something happened in it. */
const step = fc.record({
  gap: fc.constantFrom(0, 0, 0, 1, 5),
  aside: fc.boolean(),
  series: fc.dictionary(fc.constantFrom('a', 'a~ramp', 'b'), seriesCounts, { maxKeys: 3 }),
  open: count,
  stallsLeftOut: fc.constantFrom(0, 0, 7),
  minted: fc.constantFrom(0, 0, 4),
});

const night = fc
  .record({
    first: fc.integer({ min: 20, max: 30_000 }),
    steps: fc.array(step, { minLength: 1, maxLength: 12 }),
  })
  .map(({ first, steps }) => {
    let second = first - 1;
    return steps.map(({ gap, aside, series, open, stallsLeftOut, minted }) => {
      second += 1 + gap;
      const at = second;
      const whole = Object.entries(series).map(([name, make]) => [name, make(at)]);
      const frame: Frame = {
        ...{ second, series: Object.fromEntries(whole), open, stallsLeftOut },
        ...(minted > 0 && { tokens: { a: { minted, discarded: 1, failures: { 'no-ticket': 2 } } } }),
      };
      return aside ? setAside(frame) : frame;
    });
  });

/** What a window keeps of one second exactly; zeros left out. */
function courseOf(frames: readonly Frame[]): unknown {
  return frames.map(({ second, open, series, ...rest }) => ({
    ...{ second, open, aside: isAside(rest as Frame) },
    series: Object.entries(series)
      .map(([name, { outcomes, stalledBySecond, browsing = {}, ...counts }]) => {
        const counters = COUNTERS.filter((key) => key !== 'bytes' && key !== 'challenges')
          .map((key) => [key, counts[key]] as const)
          .filter(([, n]) => n !== 0);
        return [name, Object.fromEntries([...counters]), outcomes, stalledBySecond, browsing] as const;
      })
      .filter((entry) => entry.slice(1).some((part) => Object.keys(part).length > 0))
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  }));
}

/** Sums, with the series in the order of their names; a series that is all zeros is none. */
function sumsOf(frames: readonly Frame[]): unknown {
  const { series, tokens, stallsLeftOut } = mergeFrames(frames);
  return { series, tokens, stallsLeftOut };
}

describe('a window', () => {
  it('gives back its seconds: sums exactly, and what is asked of single seconds by the second', () => {
    fc.assert(
      fc.property(night, (frames) => {
        const line = JSON.stringify(rollUp(frames));
        const unrolled = unroll(JSON.parse(line) as WindowFrame);
        expect(sumsOf(unrolled)).toEqual(sumsOf(frames));
        expect(courseOf(unrolled)).toEqual(courseOf(frames));
      }),
      { numRuns: 150 },
    );
  });

  it('comes out the same when what it gave back is rolled up again', () => {
    fc.assert(
      fc.property(night, (frames) => {
        const window = rollUp(frames);
        expect(rollUp(unroll(window))).toEqual(window);
      }),
      { numRuns: 50 },
    );
  });

  it('reads as the frame of all its seconds', () => {
    const window = rollUp([
      frameOf(60, { a: fine(3) }),
      { ...frameOf(62, { a: fine(4), b: fine(1) }), open: 2 },
    ]);
    expect(window).toMatchObject({
      second: 60,
      seconds: 3,
      open: 2,
      present: [
        [0, 1],
        [2, 1],
      ],
    });
    expect(window.series['a']).toMatchObject({ started: 7, outcomes: { ok: 7 } });
    expect(window.bySecond['b']).toEqual({
      scheduled: [0, 0, 1],
      started: [0, 0, 1],
      established: [0, 0, 1],
      completed: [0, 0, 1],
      'outcomes.ok': [0, 0, 1],
    });
  });

  it('says once what is the same in every second, so that a line of a steady load is short', () => {
    const frames = Array.from({ length: 60 }, (_, second) => frameOf(second, { a: fine(200) }));
    const window = rollUp(frames);
    expect(window.bySecond['a']?.['started']).toEqual([200]);
    expect(JSON.stringify(window).length).toBeLessThan(800);
    expect(courseOf(unroll(window))).toEqual(courseOf(frames));
  });

  it('keeps the seconds in which nothing was counted, and leaves out those that were missing', () => {
    const seconds = unroll(rollUp([frameOf(5, {}), frameOf(6, {}), frameOf(9, {})])).map(
      ({ second }) => second,
    );
    expect(seconds).toEqual([5, 6, 9]);
  });
});

describe('setting a second aside', () => {
  const ramping = frameOf(4, {
    a: { ...fine(3), recovered: 1, stalledBySecond: { '3': 1 } },
    'a~ramp': fine(5),
    b: fine(1),
  });

  it('makes measured phases and ramps of each arm one series, which counts for nothing', () => {
    const aside = setAside(ramping);
    expect(Object.keys(aside.series)).toEqual(['a~aside', 'b~aside']);
    expect(aside.series['a~aside']).toMatchObject({ started: 8, recovered: 1, stalledBySecond: { '3': 1 } });
    expect(isAside(aside)).toBe(true);
    expect(ramping.series['a']?.started).toBe(3);
  });

  it('does no more the second time', () => {
    expect(setAside(setAside(ramping))).toEqual(setAside(ramping));
  });

  it('renames the tags of histograms alike', () => {
    expect(['a.handshake', 'a~ramp.total-service', 'a~aside.total', 'lateness'].map(setAsideTag)).toEqual([
      'a~aside.handshake',
      'a~aside.total-service',
      'a~aside.total',
      'lateness~aside',
    ]);
  });
});

describe('shifting a second of a leg', () => {
  it('moves every moment in it by as much, and none that there was not', () => {
    const frame = frameOf(0, {
      a: { ...fine(2), firstBegunUs: 10, lastBegunUs: 900_000, lastEndUs: -1, stalledBySecond: { '0': 2 } },
    });
    const shifted = shiftFrame(frame, 100);
    expect(shifted.second).toBe(100);
    expect(shifted.series['a']).toMatchObject({
      ...{ started: 2, firstBegunUs: 100_000_010, lastBegunUs: 100_900_000, lastEndUs: -1 },
      stalledBySecond: { '100': 2 },
    });
    expect(shifted.series['a']?.stalledBySecond).not.toHaveProperty('0');
    expect(shiftStall({ atUs: 5 } as Stall, 2).atUs).toBe(2_000_005);
  });
});
