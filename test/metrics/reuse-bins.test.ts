import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AttemptRecord } from '../../src/engine/types.ts';
import { createAgeBins, createExactBins, type ReuseAge } from '../../src/metrics/reuse-bins.ts';
import { play, recorderOf, recordOf, refusedLocally, STRESS } from './attempts.ts';

const ages = createAgeBins();
const keyOf = (ageMs: number): string | undefined => ages.keys[ages.indexOf(ageMs * 1_000)];

describe('bins of ages', () => {
  it('are named by their lower edge in milliseconds', () => {
    expect([0, 0.99, 1, 1.09, 1.1, 1_000, 1_099, 60_000].map(keyOf)).toEqual([
      ...['0', '0', '1', '1', '1.1', '1000', '1000', '56200'],
    ]);
  });

  it('hold every age between their own edge and the next', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 99e6, noNaN: true }), (ageMs) => {
        const index = ages.indexOf(ageMs * 1_000);
        expect(Number(ages.keys[index])).toBeLessThanOrEqual(ageMs);
        expect(Number(ages.keys[index + 1] ?? Number.POSITIVE_INFINITY)).toBeGreaterThan(ageMs);
      }),
    );
  });

  it('are 24 a decade and far enough for a day', () => {
    expect(ages.keys.indexOf('10000') - ages.keys.indexOf('1000')).toBe(24);
    expect(ages.indexOf(24 * 3_600e6)).toBeLessThan(ages.keys.length);
    expect(ages.indexOf(1e15)).toBe(ages.keys.length - 1);
  });

  it('have no place for a port that was never used before', () => {
    expect(ages.indexOf(-1)).toBe(-1);
  });

  it('of a sweep are its delays and no other age', () => {
    const exact = createExactBins([300_000, 56_000_000]);
    expect(exact.keys).toEqual(['300', '56000']);
    expect([300_000, 300_001, 56_000_000, -1].map((us) => exact.indexOf(us))).toEqual([0, -1, 1, -1]);
  });
});

describe('attempts by the age of their source port', () => {
  const byAge = (...played: (readonly [AttemptRecord, ReuseAge?])[]) => {
    const recorder = recorderOf();
    for (const [record, age] of played) play(recorder, record, false, age);
    const { frame, stalls } = recorder.takeFrame(0, 0);
    return { counts: frame.series['stress']!.byReuseAge, stalls };
  };
  const aged = (portMs: number, sourceMs = -0.001) => ({
    portUs: portMs * 1_000,
    sourceUs: sourceMs * 1_000,
  });
  const stalled = recordOf({ establishedAtUs: 1_100_000, synRetransmits: 1 });

  it('are counted when begun, and among the stalled where they stall', () => {
    const { counts, stalls } = byAge(
      [recordOf(), aged(1_050)],
      [stalled, aged(1_000, 61_000.5)],
      [stalled, aged(62_000)],
      [recordOf()],
      [stalled],
    );
    expect(counts).toEqual({
      '1000': { attempts: 2, stalled: 1 },
      '61900': { attempts: 1, stalled: 1 },
    });
    expect(stalls.map(({ reuseAgeMs, sourceReuseAgeMs }) => [reuseAgeMs, sourceReuseAgeMs])).toEqual([
      [1_000, 61_000.5],
      [62_000, null],
      [null, null],
    ]);
  });

  it('are taken back where this machine refused to start them', () => {
    const { counts } = byAge([refusedLocally('EADDRINUSE'), aged(1_000)]);
    expect(counts).toEqual({});
  });

  it('are counted afresh each second', () => {
    const perSecond = recorderOf();
    play(perSecond, recordOf(), false, aged(5));
    perSecond.takeFrame(0, 0);
    play(perSecond, recordOf(), false, aged(7));
    expect(perSecond.takeFrame(1, 0).frame.series['stress']?.byReuseAge).toEqual({
      '6.81': { attempts: 1, stalled: 0 },
    });
  });

  it('of a sweep are counted by the delay asked for', () => {
    const sweep = recorderOf([{ ...STRESS, sweepDelaysUs: [300_000] }]);
    play(sweep, recordOf(), false, { portUs: 300_000, sourceUs: -1 });
    play(sweep, recordOf());
    expect(sweep.takeFrame(0, 0).frame.series['stress']).toMatchObject({
      started: 2,
      byReuseAge: { '300': { attempts: 1, stalled: 0 } },
    });
  });
});
