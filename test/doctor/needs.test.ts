import { describe, expect, it } from 'vitest';
import { estimateArmOpen, estimateMostWithin, estimateOpen } from '../../src/doctor/needs.ts';
import { armAt, scenarioOf } from './facts.ts';

const SECOND = 1_000_000;

describe('what a scenario may have open', () => {
  it('is the concurrency of a closed loop, whatever happens', () => {
    const closed = armAt({ load: { kind: 'closed', concurrency: 100, attempts: 50_000 } });
    expect(estimateArmOpen(closed)).toEqual({ healthy: 100, outage: 100 });
  });

  it('is a second of an open loop, and all that wait for their timeouts in an outage', () => {
    const load = { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 100, forUs: 600 * SECOND }] } as const;
    expect(estimateArmOpen(armAt({ load }))).toEqual({ healthy: 100, outage: 3_000 });
  });

  it('never exceeds the attempts there are', () => {
    expect(estimateArmOpen(armAt({ holdUs: 3_600 * SECOND }))).toEqual({ healthy: 30_000, outage: 30_000 });
  });

  it('adds up over arms, which run at the same time', () => {
    const closed = armAt({ name: 'b', load: { kind: 'closed', concurrency: 7, attempts: 50 } });
    expect(estimateOpen(scenarioOf(armAt(), closed)).healthy).toBe(1_007);
  });
});

describe('estimateMostWithin', () => {
  it('finds the busiest stretch of a ramp, a hold and a pause', () => {
    const load = {
      kind: 'open',
      phases: [
        { kind: 'ramp', fromPerSec: 0, toPerSec: 100, forUs: 60 * SECOND },
        { kind: 'hold', ratePerSec: 100, forUs: 30 * SECOND },
        { kind: 'idle', forUs: 300 * SECOND },
      ],
    } as const;
    // The last 30 s of the ramp bring 2,250, the hold 3,000.
    expect(estimateMostWithin(load, 60)).toBeCloseTo(5_250, 6);
    expect(estimateMostWithin(load, 30)).toBeCloseTo(3_000, 6);
    expect(estimateMostWithin(load, 3_600)).toBeCloseTo(6_000, 6);
  });

  it('does not guess how fast a closed loop goes', () => {
    expect(estimateMostWithin({ kind: 'closed', concurrency: 1, forUs: 1 }, 60)).toBeUndefined();
  });
});
