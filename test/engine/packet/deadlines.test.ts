import { describe, expect, it } from 'vitest';
import { Deadlines } from '../../../src/engine/packet/deadlines.ts';

const SEC = 1_000_000;

function takeAll(deadlines: Deadlines, nowUs: number): number[] {
  const taken: number[] = [];
  for (let slot = deadlines.takeExpired(nowUs); slot >= 0; slot = deadlines.takeExpired(nowUs))
    taken.push(slot);
  return taken;
}

describe('deadlines', () => {
  it('come in the order in which they were set, none of them early', () => {
    const deadlines = new Deadlines(4, [SEC, 2 * SEC]);
    deadlines.set(2, 0, 10);
    deadlines.set(0, 0, 500);
    deadlines.set(1, 1, 20);
    expect(takeAll(deadlines, SEC)).toEqual([]);
    expect(takeAll(deadlines, SEC + 200)).toEqual([2]);
    expect(takeAll(deadlines, SEC + 600)).toEqual([0]);
    expect(deadlines.soonestInUs(2 * SEC)).toBeGreaterThan(0);
    expect(takeAll(deadlines, 2 * SEC + 200)).toEqual([1]);
    expect(deadlines.soonestInUs(3 * SEC)).toBe(Number.POSITIVE_INFINITY);
  });

  it('are replaced by later ones, and cleared wherever they stand', () => {
    const deadlines = new Deadlines(5, [SEC]);
    for (const slot of [0, 1, 2, 3, 4]) deadlines.set(slot, 0, slot);
    deadlines.clear(2);
    deadlines.clear(0);
    deadlines.clear(0);
    deadlines.set(1, 0, 10);
    expect(deadlines.oldest(0)).toBe(3);
    expect(takeAll(deadlines, SEC + 1_000)).toEqual([3, 4, 1]);
  });

  it('hold where the counter of their steps begins anew, after 76 hours', () => {
    const roundUs = 2 ** 32 * 64;
    const deadlines = new Deadlines(1, [SEC]);
    deadlines.set(0, 0, roundUs - SEC / 2);
    expect(takeAll(deadlines, roundUs)).toEqual([]);
    expect(deadlines.soonestInUs(roundUs)).toBeLessThanOrEqual(SEC / 2 + 64);
    expect(takeAll(deadlines, roundUs + SEC / 2 + 64)).toEqual([0]);
  });
});
