import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createCursor, createPacer, type Pacer } from '../../src/plan/pacer.ts';
import { loadAttempts, loadDurationUs } from '../../src/scenario/load-shape.ts';
import type { OpenLoad, Phase } from '../../src/scenario/load-types.ts';

const SECOND = 1_000_000;
const open = (...phases: Phase[]): OpenLoad => ({ kind: 'open', phases });
const hold = (ratePerSec: number, seconds: number): Phase => ({
  kind: 'hold',
  ratePerSec,
  forUs: seconds * SECOND,
});
const ramp = (fromPerSec: number, toPerSec: number, seconds: number): Phase => ({
  kind: 'ramp',
  fromPerSec,
  toPerSec,
  forUs: seconds * SECOND,
});
const idle = (seconds: number): Phase => ({ kind: 'idle', forUs: seconds * SECOND });
const timesOf = (pacer: Pacer) => Array.from({ length: pacer.total }, (_, k) => pacer.intendedAtUs(k));

describe('a pacer totals', () => {
  it.each<[string, OpenLoad, number]>([
    ['60,000 for 2,000/s held for 30 s', open(hold(2_000, 30)), 60_000],
    ['50 million for 50,000/s held for 1,000 s', open(hold(50_000, 1_000)), 50_000_000],
    ['7 for 0.07/s held for 100 s, although that comes to 7.000000000000001', open(hold(0.07, 100)), 7],
    ['1 for 1/min held for a minute', open(hold(1 / 60, 60)), 1],
    ['480 for 1/min held for eight hours', open(hold(1 / 60, 28_800)), 480],
    ['1 for a rate too low for its time: attempt 0 falls due at once', open(hold(1 / 60, 1)), 1],
    ['1,250 for a ramp from 0/s to 500/s over 5 s', open(ramp(0, 500, 5)), 1_250],
    ['16,250 for that ramp and 500/s held for 30 s', open(ramp(0, 500, 5), hold(500, 30)), 16_250],
    ['0 for nothing but idling', open(idle(3)), 0],
    ['300 for 0.1/s held for 1 s three hundred times over ten', open(...Array(300).fill(hold(0.1, 10))), 300],
    [
      '27,500 for steps from 100/s to 1,000/s by 100/s, 5 s each',
      open({ kind: 'step', fromPerSec: 100, toPerSec: 1_000, byPerSec: 100, eachUs: 5 * SECOND }),
      27_500,
    ],
    [
      '55 for uneven steps from 10/s to 25/s by 10/s: the last level is the one asked for',
      open({ kind: 'step', fromPerSec: 10, toPerSec: 25, byPerSec: 10, eachUs: SECOND }),
      55,
    ],
    [
      '60 for steps downwards from 30/s to 10/s by 10/s',
      open({ kind: 'step', fromPerSec: 30, toPerSec: 10, byPerSec: 10, eachUs: SECOND }),
      60,
    ],
  ])('%s', (_, load, total) => {
    expect(createPacer(load).total).toBe(total);
  });
});

describe('a pacer', () => {
  it('spaces a hold evenly, from its very start', () => {
    expect(timesOf(createPacer(open(hold(4, 1.5))))).toEqual([
      0, 250_000, 500_000, 750_000, 1_000_000, 1_250_000,
    ]);
  });

  it('follows the square root up a ramp from nothing', () => {
    const pacer = createPacer(open(ramp(0, 200, 1)));
    expect(pacer.total).toBe(100);
    expect([0, 1, 4, 25, 81].map((k) => pacer.intendedAtUs(k))).toEqual([
      0, 100_000, 200_000, 500_000, 900_000,
    ]);
  });

  it('mirrors that on the way down to nothing', () => {
    const up = createPacer(open(ramp(0, 200, 1)));
    const down = createPacer(open(ramp(200, 0, 1)));
    expect(down.total).toBe(100);
    for (let k = 1; k < 100; k += 1) {
      expect(down.intendedAtUs(100 - k)).toBeCloseTo(SECOND - up.intendedAtUs(k), 3);
    }
  });

  it('treats a ramp that hardly climbs as the hold that it nearly is', () => {
    const nearly = createPacer(open(ramp(1_000, 1_000.000_000_1, 60)));
    expect(nearly.intendedAtUs(59_999)).toBeCloseTo(59_999_000, 2);
  });

  it('lets a hold go on where a ramp ends, and says which attempts are of the ramp', () => {
    const pacer = createPacer(open(ramp(0, 100, 2), hold(100, 1)));
    expect(pacer.total).toBe(200);
    expect([pacer.isRamp(99), pacer.isRamp(100)]).toEqual([true, false]);
    expect([pacer.phaseAt(99), pacer.phaseAt(100)]).toEqual([0, 1]);
    expect(pacer.intendedAtUs(100)).toBe(2 * SECOND);
    expect(pacer.intendedAtUs(101)).toBe(2 * SECOND + 10_000);
  });

  it('lets nothing fall due while it idles', () => {
    const pacer = createPacer(open(idle(1), hold(10, 1), idle(3), hold(10, 1)));
    expect(pacer.intendedAtUs(0)).toBe(SECOND);
    expect(pacer.intendedAtUs(9)).toBe(1_900_000);
    expect(pacer.intendedAtUs(10)).toBe(5 * SECOND);
    expect([0.9, 1, 1.95, 4.9, 5].map((s) => pacer.dueBy(s * SECOND))).toEqual([0, 1, 10, 10, 11]);
    expect(pacer.durationUs).toBe(6 * SECOND);
  });

  it('takes what is left of an attempt into the next phase', () => {
    const pacer = createPacer(open(hold(2.5, 1), hold(10, 1)));
    expect(timesOf(pacer).slice(0, 5)).toEqual([0, 400_000, 800_000, 1_050_000, 1_150_000]);
    expect(pacer.total).toBe(13);
  });

  it('steps through its levels, each evenly spaced, none of them a ramp', () => {
    const pacer = createPacer(
      open({ kind: 'step', fromPerSec: 1, toPerSec: 3, byPerSec: 1, eachUs: SECOND }),
    );
    expect(timesOf(pacer).map(Math.round)).toEqual([
      0, 1_000_000, 1_500_000, 2_000_000, 2_333_333, 2_666_667,
    ]);
    expect(pacer.isRamp(2)).toBe(false);
  });

  it('counts what has fallen due at the moments themselves', () => {
    const pacer = createPacer(open(hold(1_000, 1)));
    expect([-1, 0, 999, 1_000, 1_001, 999_000, 5_000_000].map((us) => pacer.dueBy(us))).toEqual([
      0, 1, 1, 2, 2, 1_000, 1_000,
    ]);
  });

  it('has no attempt beyond its total', () => {
    expect(createPacer(open(hold(10, 1))).intendedAtUs(10)).toBe(Number.POSITIVE_INFINITY);
  });
});

const rate = fc.oneof(
  fc.integer({ min: 1, max: 300 }),
  fc.constantFrom(1 / 60, 1 / 7, 0.1, 12.345, 33.333),
  fc.double({ min: 0.01, max: 300, noNaN: true }),
);
const lengthUs = fc.integer({ min: 1, max: 3 * SECOND });
const anyPhase: fc.Arbitrary<Phase> = fc.oneof(
  fc.record({ kind: fc.constant('hold' as const), ratePerSec: rate, forUs: lengthUs }),
  fc.record({
    kind: fc.constant('ramp' as const),
    fromPerSec: fc.oneof(fc.constant(0), rate),
    toPerSec: fc.oneof(fc.constant(0), rate),
    forUs: lengthUs,
  }),
  fc.record({
    kind: fc.constant('step' as const),
    fromPerSec: rate,
    toPerSec: rate,
    byPerSec: fc.double({ min: 20, max: 200, noNaN: true }),
    eachUs: fc.integer({ min: 1, max: SECOND }),
  }),
  fc.record({ kind: fc.constant('idle' as const), forUs: lengthUs }),
);
const anyLoad = fc.array(anyPhase, { minLength: 1, maxLength: 5 }).map((phases) => open(...phases));

describe('whatever the load, a pacer', () => {
  it('never lets an attempt fall due before the one ahead of it, nor after its end', () => {
    fc.assert(
      fc.property(anyLoad, (load) => {
        const pacer = createPacer(load);
        let before = 0;
        for (const at of timesOf(pacer)) {
          expect(at).toBeGreaterThanOrEqual(before);
          before = at;
        }
        expect(before).toBeLessThanOrEqual(pacer.durationUs);
      }),
    );
  });

  it('counts an attempt as due at its intended time and not a moment earlier', () => {
    fc.assert(
      fc.property(anyLoad, (load) => {
        const pacer = createPacer(load);
        timesOf(pacer).forEach((at, k) => {
          expect(pacer.dueBy(at)).toBeGreaterThanOrEqual(k + 1);
          expect(pacer.dueBy(at - 0.01)).toBeLessThanOrEqual(k);
        });
      }),
      { numRuns: 60 },
    );
  });

  it('never takes back what has fallen due, and all of it has in the end', () => {
    fc.assert(
      fc.property(
        anyLoad,
        fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { maxLength: 40 }),
        (load, shares) => {
          const pacer = createPacer(load);
          const moments = shares.map((share) => share * pacer.durationUs).sort((a, b) => a - b);
          let before = 0;
          for (const moment of moments) {
            const due = pacer.dueBy(moment);
            expect(due).toBeGreaterThanOrEqual(before);
            before = due;
          }
          expect(pacer.dueBy(pacer.durationUs)).toBe(pacer.total);
        },
      ),
    );
  });

  it('keeps to the area under the rate', () => {
    fc.assert(
      fc.property(anyLoad, (load) => {
        const pacer = createPacer(load);
        const area = loadAttempts(load)!;
        expect(pacer.total).toBeGreaterThan(area - 0.001);
        expect(pacer.total).toBeLessThan(area + 1);
        expect(pacer.durationUs).toBe(loadDurationUs(load));
      }),
    );
  });

  it('is walked by its cursors, each attempt once, with its own time and series', () => {
    fc.assert(
      fc.property(anyLoad, fc.integer({ min: 1, max: 5 }), (load, count) => {
        const pacer = createPacer(load);
        const seen: number[] = [];
        for (let index = 0; index < count; index += 1) {
          const cursor = createCursor(pacer, index, count);
          let expected = index;
          while (cursor.atUs < Number.POSITIVE_INFINITY) {
            expect(cursor.attempt).toBe(expected);
            expect(cursor.atUs).toBe(pacer.intendedAtUs(cursor.attempt));
            expect(cursor.ramp).toBe(pacer.isRamp(cursor.attempt));
            seen.push(cursor.attempt);
            expected += count;
            cursor.advance();
          }
          cursor.advance();
          expect(cursor.atUs).toBe(Number.POSITIVE_INFINITY);
        }
        expect(seen.sort((a, b) => a - b)).toEqual(Array.from({ length: pacer.total }, (_, k) => k));
      }),
      { numRuns: 60 },
    );
  });
});
