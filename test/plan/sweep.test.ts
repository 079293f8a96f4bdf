import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { planSweep, type SweepPair, sweepShare } from '../../src/plan/sweep.ts';
import type { SweepLoad } from '../../src/scenario/load-types.ts';

const ports = (count: number) => Array.from({ length: count }, (_, index) => 20_000 + index);

const plan = (load: Omit<SweepLoad, 'kind'>): SweepPair[] =>
  planSweep({ kind: 'sweep', ...load }, ports(load.delaysUs.length * load.pairs));

/** Nominal starts of both attempts of every pair, in order. */
const startsOf = (pairs: readonly SweepPair[]): number[] =>
  pairs.flatMap(({ firstAtUs, delayUs }) => [firstAtUs, firstAtUs + delayUs]).sort((a, b) => a - b);

/** Most starts within any second. */
const densest = (starts: readonly number[]): number =>
  Math.max(...starts.map((from, index) => starts.slice(index).filter((at) => at < from + 1_000_000).length));

const anyLoad = fc.record({
  delaysUs: fc
    .uniqueArray(fc.integer({ min: 1, max: 70_000 }), { minLength: 1, maxLength: 20 })
    .map((ms) => ms.map((delay) => delay * 1_000).sort((a, b) => a - b)),
  pairs: fc.integer({ min: 1, max: 15 }),
  ratePerSec: fc.integer({ min: 1, max: 19 }),
});

describe('a sweep', () => {
  it('gives every delay its pairs, and every pair a port and two attempt numbers of its own', () => {
    fc.assert(
      fc.property(anyLoad, (load) => {
        const pairs = plan(load);
        const byDelay = load.delaysUs.map((us) => pairs.filter(({ delayUs }) => delayUs === us).length);
        expect(byDelay).toEqual(load.delaysUs.map(() => load.pairs));
        expect(pairs.map(({ port }) => port)).toEqual(ports(pairs.length));
        expect(pairs.map(({ attempt }) => attempt)).toEqual(pairs.map((_, index) => 2 * index));
      }),
    );
  });

  it('starts its first attempts in order of their time', () => {
    fc.assert(
      fc.property(anyLoad, (load) => {
        const times = plan(load).map(({ firstAtUs }) => firstAtUs);
        expect(times).toEqual([...times].sort((a, b) => a - b));
        expect(times[0]).toBe(0);
      }),
    );
  });

  it('keeps to its rate in every second, give or take the slots at its ends', () => {
    fc.assert(
      fc.property(anyLoad, (load) => {
        // A second attempt may lie up to half a slot beside its own.
        expect(densest(startsOf(plan(load)))).toBeLessThanOrEqual(load.ratePerSec + 2);
      }),
    );
  });

  it('takes little longer than its longest delay', () => {
    const grown = Array.from({ length: 30 }, (_, index) => Math.round(300 * 1.2 ** index) * 1_000);
    const delaysUs = [...grown, ...[56, 57, 59, 60, 61, 62, 63, 64].map((sec) => sec * 1_000_000)];
    const starts = startsOf(plan({ delaysUs: delaysUs.sort((a, b) => a - b), pairs: 12, ratePerSec: 10 }));
    expect(starts).toHaveLength(38 * 12 * 2);
    expect(starts.at(-1)! / 1_000_000).toBeLessThan(105);
    expect(densest(starts)).toBeLessThan(20);
  });

  it('needs a port for each pair', () => {
    const load: SweepLoad = { kind: 'sweep', delaysUs: [1_000, 2_000], pairs: 3, ratePerSec: 10 };
    expect(() => planSweep(load, ports(5))).toThrow(RangeError);
  });

  it('is shared out by port, both attempts of a pair to the same shard', () => {
    const pairs = plan({ delaysUs: [1_000_000], pairs: 7, ratePerSec: 10 });
    const shares = [0, 1, 2].map((index) => sweepShare(pairs, index, 3));
    expect(shares.map(({ length }) => length)).toEqual([3, 2, 2]);
    expect(
      shares
        .flat()
        .map(({ port }) => port)
        .sort(),
    ).toEqual(ports(7));
  });
});
