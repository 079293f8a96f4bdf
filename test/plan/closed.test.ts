import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type ClosedShare, closedShare } from '../../src/plan/closed.ts';
import type { ClosedLoad } from '../../src/scenario/load-types.ts';

const sharesOf = (load: ClosedLoad, count: number): ClosedShare[] =>
  Array.from({ length: count }, (_, index) => closedShare(load, index, count));
const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
const numbersOf = ({ attempts, first, stride }: ClosedShare) =>
  Array.from({ length: attempts }, (_, n) => first + n * stride);

describe('a closed loop', () => {
  it('is one shard’s alone where there is one', () => {
    const share = closedShare({ kind: 'closed', concurrency: 100, attempts: 50_000 }, 0, 1);
    expect(share).toEqual({
      concurrency: 100,
      attempts: 50_000,
      forUs: Number.POSITIVE_INFINITY,
      first: 0,
      stride: 1,
    });
  });

  it('gives what does not divide to the first shards', () => {
    const shares = sharesOf({ kind: 'closed', concurrency: 10, attempts: 1_001 }, 4);
    expect(shares.map(({ concurrency }) => concurrency)).toEqual([3, 3, 2, 2]);
    expect(shares.map(({ attempts }) => attempts)).toEqual([251, 250, 250, 250]);
  });

  it('leaves no attempt with a shard that has no connection to make it on', () => {
    const shares = sharesOf({ kind: 'closed', concurrency: 2, attempts: 7 }, 3);
    expect(shares.map(({ concurrency, attempts }) => [concurrency, attempts])).toEqual([
      [1, 4],
      [1, 3],
      [0, 0],
    ]);
  });

  it('is bounded by time alone where no count is given', () => {
    const [share] = sharesOf({ kind: 'closed', concurrency: 2, forUs: 5_000_000 }, 2);
    expect(share).toMatchObject({ attempts: Number.POSITIVE_INFINITY, forUs: 5_000_000 });
  });

  it('shares out every connection and every attempt exactly once', () => {
    const whole = fc.record({
      concurrency: fc.integer({ min: 1, max: 50 }),
      attempts: fc.integer({ min: 0, max: 500 }),
      count: fc.integer({ min: 1, max: 9 }),
    });
    fc.assert(
      fc.property(whole, ({ concurrency, attempts, count }) => {
        const shares = sharesOf({ kind: 'closed', concurrency, attempts }, count);
        expect(sum(shares.map((share) => share.concurrency))).toBe(concurrency);
        const numbers = shares.flatMap(numbersOf).sort((a, b) => a - b);
        expect(numbers).toEqual(Array.from({ length: attempts }, (_, k) => k));
      }),
    );
  });
});
