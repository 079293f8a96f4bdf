import { expect, it } from 'vitest';
import { createMonotonicClock } from '../../src/net/index.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

suiteNeeding('the clock read through memory', ['linux'], () => {
  it("is the one that Node's own performance.now() reads", () => {
    const clock = createMonotonicClock()!;
    const firstUs = clock.now();
    const before = performance.now();
    clock.setOrigin(clock.now());
    const elapsed = clock.now();
    const after = performance.now();
    expect(firstUs).toBeGreaterThan(0);
    expect(elapsed).toBeGreaterThanOrEqual(0);
    expect(elapsed).toBeLessThanOrEqual((after - before) * 1_000 + 1);
  });

  it('never goes back, across thousands of readings', () => {
    const { now } = createMonotonicClock()!;
    let last = now();
    for (let reading = 0; reading < 10_000; reading += 1) {
      const next = now();
      expect(next).toBeGreaterThanOrEqual(last);
      last = next;
    }
  });

  it('tells times from the moment that was made its 0', () => {
    const { now, setOrigin } = createMonotonicClock()!;
    const us = now();
    setOrigin(us + 5_000_000);
    expect(now()).toBeGreaterThanOrEqual(-5_000_000);
    expect(now()).toBeLessThan(0);
  });
});
