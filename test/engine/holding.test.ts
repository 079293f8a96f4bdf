import { describe, expect, it } from 'vitest';
import { chooseHoldAge, hasAnswered, listHoldAgesUs, roundAgeUs } from '../../src/engine/holding.ts';

const ESTABLISHED = 1;
const CLOSE_WAIT = 8;

describe('ages at which to check held connections', () => {
  it('are those that the arm names, and the end of the hold', () => {
    expect(listHoldAgesUs({ holdUs: 9 })).toEqual([9]);
    expect(listHoldAgesUs({ holdUs: 9, proveUs: [2, 3] })).toEqual([2, 3, 9]);
  });

  it('take turns, and from every source to every endpoint there are connections of each', () => {
    const endpoint = { address: '127.0.0.1', port: 1, family: 4 } as const;
    const arm = { endpoints: [endpoint, endpoint], sources: ['127.0.0.1', '127.0.0.2'] };
    const met = Array.from({ length: 24 }, (_, attempt) => {
      const source = Math.floor(attempt / 2) % 2;
      return `${attempt % 2} ${source} ${chooseHoldAge(attempt, arm, 2)}`;
    });
    for (const one of new Set(met)) expect(met.filter((other) => other === one)).toHaveLength(3);
    expect(new Set(met).size).toBe(8);
    expect(
      [0, 1, 2, 3].map((n) => chooseHoldAge(n, { ...arm, endpoints: [endpoint], sources: [] }, 3)),
    ).toEqual([0, 1, 2, 0]);
  });

  it('have two digits where a connection is released before its time', () => {
    expect([1_099_999, 12_999_999, 600_500_000, 7].map(roundAgeUs)).toEqual([
      1_000_000, 12_000_000, 600_000_000, 7,
    ]);
  });
});

describe('an answer to a keep-alive', () => {
  it('is whatever was acknowledged since, to the coarseness of the clock by which that is told', () => {
    const answered = (lastAckReceivedMs: number, waitedUs: number, state = ESTABLISHED) =>
      hasAnswered({ state, lastAckReceivedMs }, waitedUs);
    expect(answered(20, 20_000)).toBe(true);
    expect(answered(30, 20_000)).toBe(true);
    expect(answered(1_020, 20_000)).toBe(false);
    expect(answered(2_100, 1_100_000)).toBe(false);
    expect(answered(-1, 20_000)).toBe(false);
  });

  it('is none that came with a FIN', () => {
    expect(hasAnswered({ state: CLOSE_WAIT, lastAckReceivedMs: 1 }, 20_000)).toBe(false);
  });
});
