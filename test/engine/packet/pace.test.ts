import { describe, expect, it } from 'vitest';
import { Pace } from '../../../src/engine/packet/pace.ts';

/** Packets come one at a time, so far apart; asked after each. */
function comeEvery(pace: Pace, gapUs: number, fromUs: number, count: number): boolean {
  let isBusy = false;
  for (let index = 0; index < count; index += 1) {
    pace.count(1);
    isBusy = pace.isBusy(fromUs + index * gapUs);
  }
  return isBusy;
}

describe('the pace of packets', () => {
  it('is busy where they come more often than every 50 us, and at rest otherwise', () => {
    expect(comeEvery(new Pace(), 40, 0, 1_000)).toBe(true);
    expect(comeEvery(new Pace(), 60, 0, 1_000)).toBe(false);
  });

  it('is at rest before anything has come', () => {
    const pace = new Pace();
    expect([pace.isBusy(0), pace.isBusy(5_000), pace.isBusy(500_000)]).toEqual([false, false, false]);
  });

  it('comes to rest once a millisecond has passed without any', () => {
    const pace = new Pace();
    comeEvery(pace, 10, 0, 1_000);
    expect(pace.isBusy(10_000)).toBe(true);
    expect(pace.isBusy(13_000)).toBe(false);
  });

  it('takes a burst after a long rest for what it is on average', () => {
    const pace = new Pace();
    pace.isBusy(0);
    pace.count(64);
    expect(pace.isBusy(1_000_000)).toBe(false);
  });
});
