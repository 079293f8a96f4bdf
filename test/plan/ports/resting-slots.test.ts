import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RestingSlots } from '../../../src/plan/ports/allocator.ts';

/** A burst of rests, each ending so much later than the last one began, then some that end. */
const anyBurst = fc.record({
  rests: fc.array(fc.constantFrom(10, 10, 10, 10, 10, 3, 50), { minLength: 1, maxLength: 600, size: 'max' }),
  ends: fc.nat({ max: 500 }),
});

describe('resting slots', () => {
  it('come out soonest first, however many there are and whatever came before', () => {
    fc.assert(
      fc.property(fc.array(anyBurst, { maxLength: 6, size: 'max' }), (bursts) => {
        const resting = new RestingSlots();
        const untilUs = new Map<number, number>();
        let slot = 0;
        for (const { rests, ends } of bursts) {
          for (const restUs of rests) {
            untilUs.set(slot, slot + restUs);
            resting.add(slot + restUs, slot);
            slot += 1;
          }
          for (let end = 0; end < ends && untilUs.size > 0; end += 1) {
            const soonestUs = Math.min(...untilUs.values());
            expect(resting.soonestUs).toBe(soonestUs);
            const taken = resting.takeSoonest();
            expect(untilUs.get(taken)).toBe(soonestUs);
            untilUs.delete(taken);
          }
          expect(resting.count).toBe(untilUs.size);
        }
      }),
      { numRuns: 60 },
    );
  });

  it('keep their order where they become more while others have come out', () => {
    const resting = new RestingSlots();
    const takeMany = (count: number) => Array.from({ length: count }, () => resting.takeSoonest());
    for (let slot = 0; slot < 200; slot += 1) resting.add(slot, slot);
    const first = takeMany(150);
    for (let slot = 200; slot < 2_000; slot += 1) resting.add(slot, slot);
    expect([...first, ...takeMany(1_850)]).toEqual(Array.from({ length: 2_000 }, (_, slot) => slot));
  });

  it('say that none is to come where none rests', () => {
    const resting = new RestingSlots();
    expect(resting.soonestUs).toBe(Number.POSITIVE_INFINITY);
    resting.add(5, 0);
    resting.takeSoonest();
    expect([resting.count, resting.soonestUs]).toEqual([0, Number.POSITIVE_INFINITY]);
  });
});
