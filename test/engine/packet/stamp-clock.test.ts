import { describe, expect, it } from 'vitest';
import { StampClock } from '../../../src/engine/packet/stamp-clock.ts';
import type { Arena, Libc } from '../../../src/net/index.ts';

/** A machine whose wall clock is so far ahead; `pausesUs`: what comes before each reading of it. */
function createMachine(aheadUs: number, pausesUs: number[]) {
  const words = new Int32Array(4);
  const us = new Float64Array(1);
  let nowUs = 1_000;
  const clock = {
    us,
    tick() {
      us[0] = nowUs;
    },
  };
  const libc = {
    clockGettime() {
      nowUs += pausesUs.shift() ?? 0;
      const wallUs = nowUs + aheadUs;
      words[0] = Math.floor(wallUs / 1_000_000);
      words[2] = (wallUs % 1_000_000) * 1_000;
      return 0;
    },
  };
  const arena = { take: () => ({ words, address: 0 }) };
  return new StampClock(libc as unknown as Libc, arena as unknown as Arena, clock);
}

/** When the engine's clock said 900, by the wall clock. */
const STAMP = { seconds: 5, nanoseconds: 900_000 };
const toUs = (stamps: StampClock): number => stamps.toUs(STAMP.seconds, STAMP.nanoseconds);

describe('the clock of stamps', () => {
  it('translates what the wall clock says', () => {
    const stamps = createMachine(5_000_000, []);
    stamps.tick();
    expect(toUs(stamps)).toBe(900);
  });

  it('reads the clocks again where the thread was interrupted between them', () => {
    const stamps = createMachine(5_000_000, [3_000, 700]);
    stamps.tick();
    expect(toUs(stamps)).toBe(900);
  });

  it('takes the closest of a few readings where it is interrupted at each', () => {
    const stamps = createMachine(5_000_000, [3_000, 20, 400, 700, 0]);
    stamps.tick();
    expect(toUs(stamps)).toBeCloseTo(890, 6);
  });
});
