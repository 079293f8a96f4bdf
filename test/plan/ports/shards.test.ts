import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPortAllocator } from '../../../src/plan/ports/allocator.ts';
import type { SourcePlan } from '../../../src/plan/ports/types.ts';
import { PORT_ORDERS } from '../../../src/scenario/words.ts';

/** All that a shard has, as `address index * 65536 + port`, in the order in which it leases it. */
function leaseAll(plan: SourcePlan, index: number, count: number): number[] {
  const allocator = createPortAllocator(plan, { index, count });
  const leased: number[] = [];
  while (allocator.lease(0)) leased.push(allocator.source * 65_536 + allocator.port);
  return leased;
}

const anyPlan: fc.Arbitrary<SourcePlan> = fc.record({
  sources: fc.integer({ min: 1, max: 5 }),
  ports: fc
    .uniqueArray(fc.integer({ min: 1, max: 65_535 }), { minLength: 2, maxLength: 8 })
    .map((edges) => edges.slice(edges.length % 2).sort((a, b) => a - b))
    .map((edges) =>
      Array.from({ length: edges.length / 2 }, (_, pair) => ({
        from: edges[2 * pair]!,
        to: Math.min(edges[2 * pair + 1]!, edges[2 * pair]! + 200),
      })),
    ),
  order: fc.constantFrom(...PORT_ORDERS),
  reuseAfterUs: fc.constant(0),
});

describe('shards', () => {
  it('share out every address and port of the range, each to one of them', () => {
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: 7 }), (plan, count) => {
        const shares = Array.from({ length: count }, (_, index) => leaseAll(plan, index, count));
        const wanted = plan.ports.flatMap(({ from, to }) =>
          Array.from({ length: plan.sources }, (_, source) => source * 65_536).flatMap((address) =>
            Array.from({ length: to - from + 1 }, (_, offset) => address + from + offset),
          ),
        );
        // Sorted with their repetitions: one leased by two shards, or twice by one, would show.
        expect(shares.flat().sort((a, b) => a - b)).toEqual(wanted.sort((a, b) => a - b));
      }),
      { numRuns: 200 },
    );
  });

  it('keep a port together: it belongs to one shard at every address', () => {
    const plan: SourcePlan = {
      sources: 3,
      ports: [{ from: 1_024, to: 1_123 }],
      order: 'random',
      reuseAfterUs: 0,
    };
    const portsOf = (index: number) => new Set(leaseAll(plan, index, 4).map((at) => at % 65_536));
    const sizes = [0, 1, 2, 3].map((index) => portsOf(index).size);
    expect(sizes).toEqual([25, 25, 25, 25]);
  });

  it('lose none of 60,000 ports of one address between two workers', () => {
    const plan: SourcePlan = {
      sources: 1,
      ports: [{ from: 5_000, to: 64_999 }],
      order: 'random',
      reuseAfterUs: 0,
    };
    const [even, odd] = [leaseAll(plan, 0, 2), leaseAll(plan, 1, 2)];
    expect([even.length, odd.length]).toEqual([30_000, 30_000]);
    expect(new Set([...even, ...odd]).size).toBe(60_000);
  });

  it('draw at random apart from one another', () => {
    const plan: SourcePlan = { sources: 1, ports: [{ from: 2, to: 401 }], order: 'random', reuseAfterUs: 0 };
    const [even, odd] = [leaseAll(plan, 0, 2), leaseAll(plan, 1, 2)];
    expect(odd.map((port) => port - 1)).not.toEqual(even);
  });

  it('may be more than there are ports: some then have none, and say so', () => {
    const plan: SourcePlan = {
      sources: 2,
      ports: [{ from: 9, to: 9 }],
      order: 'sequential',
      reuseAfterUs: 0,
    };
    const allocators = [0, 1, 2, 3].map((index) => createPortAllocator(plan, { index, count: 4 }));
    expect(allocators.map(({ size }) => size)).toEqual([0, 2, 0, 0]);
    expect(allocators[0]!.lease(0)).toBe(false);
    expect(allocators[0]!.nextFreeAtUs).toBe(Number.POSITIVE_INFINITY);
  });
});
