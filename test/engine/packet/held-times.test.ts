import { expect, it } from 'vitest';
import { HeldTimes } from '../../../src/engine/packet/held-times.ts';

const DAY_US = 24 * 3_600_000_000;
const TICK_US = 64;

it('keep when a connection was established, a day later and where their counter begins anew', () => {
  const times = new HeldTimes(2);
  for (const establishedAtUs of [0, 1_234_567.25, 2 ** 32 * TICK_US - 100, 2 ** 32 * TICK_US + 5_000.5]) {
    times.keep(1, establishedAtUs - 700.5, establishedAtUs - 200.25, establishedAtUs);
    for (const nowUs of [establishedAtUs, establishedAtUs + 1_000_000, establishedAtUs + DAY_US]) {
      const kept = times.establishedAtUs(1, nowUs);
      expect(kept).toBeLessThanOrEqual(establishedAtUs);
      expect(kept).toBeGreaterThan(establishedAtUs - TICK_US);
    }
    expect(times.sinceIntendedUs(1)).toBe(700.5);
    expect(times.sinceStartedUs(1)).toBe(200.25);
  }
});
