import { describe, expect, it } from 'vitest';
import type { SourcePlan } from '../../../src/plan/ports/types.ts';
import { PORT_ORDERS } from '../../../src/scenario/words.ts';
import { drivePorts } from './drive.ts';

const SECOND = 1_000_000;
const ALL = { from: 5_000, to: 64_999 };
const SOME = { from: 20_000, to: 24_999 };
const KEPT = { leasedTwice: 0, tooEarly: 0, wrongAges: 0 };

const planOf = (more: Partial<SourcePlan>): SourcePlan => ({
  sources: 1,
  ports: [ALL],
  order: 'sequential',
  reuseAfterUs: 0,
  ...more,
});

describe.each(PORT_ORDERS)('half a million leases, %s,', (order) => {
  it.each([
    ['of one address', { sources: 1 }],
    ['of one address, with 2 s of rest', { sources: 1, reuseAfterUs: 2 * SECOND }],
    ['of ten addresses, with half a second of rest', { sources: 10, reuseAfterUs: SECOND / 2 }],
    ['of two addresses, again after exactly a second', { sources: 2, reuseExactlyUs: SECOND }],
  ])('%s: none twice at once, none too early, every age right', (_, more) => {
    const driven = drivePorts({
      plan: planOf({ order, ...more }),
      leases: 500_000,
      open: 3_000,
      everyUs: 50,
      troubleEvery: 200,
      troubleUs: 5 * SECOND,
    });
    expect(driven).toMatchObject(KEPT);
  });

  it('of a range so small that leases have to wait for rests: the same', () => {
    const driven = drivePorts({
      plan: planOf({ order, ports: [SOME], reuseAfterUs: SECOND }),
      leases: 200_000,
      open: 3_000,
      everyUs: 50,
      troubleEvery: 50,
      troubleUs: 3 * SECOND,
    });
    expect(driven).toMatchObject(KEPT);
  });
});

describe('every address and port gets its turn', () => {
  it.each(['sequential', 'random', 'lru'] as const)('%s, while a hundredth of them is enough', (order) => {
    const driven = drivePorts({
      plan: planOf({ order, ports: [SOME], sources: 2 }),
      leases: 200_000,
      open: 100,
      everyUs: 100,
      troubleEvery: 1_000,
      troubleUs: SECOND,
    });
    expect(driven).toMatchObject({ ...KEPT, used: 10_000 });
  });

  it('but mru takes no more than it needs: as many as are open, and those in quarantine', () => {
    const driven = drivePorts({
      plan: planOf({ order: 'mru', ports: [SOME], sources: 2 }),
      leases: 200_000,
      open: 100,
      everyUs: 100,
      troubleEvery: 1_000,
      troubleUs: SECOND,
    });
    expect(driven).toMatchObject(KEPT);
    expect(driven.used).toBeGreaterThanOrEqual(100);
    expect(driven.used).toBeLessThan(150);
  });
});
