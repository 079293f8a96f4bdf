import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createPortAllocator } from '../../../src/plan/ports/allocator.ts';
import type { PortShard, SourcePlan } from '../../../src/plan/ports/types.ts';
import { PORT_ORDERS } from '../../../src/scenario/words.ts';
import { NaiveBook } from './naive.ts';

const anyPorts = fc.oneof(
  fc
    .tuple(fc.integer({ min: 1, max: 65_500 }), fc.integer({ min: 0, max: 35 }))
    .map(([from, more]) => [{ from, to: from + more }]),
  fc.constant([
    { from: 20_000, to: 20_004 },
    { from: 20_006, to: 20_006 },
    { from: 20_009, to: 20_020 },
  ]),
);

const anyPlan: fc.Arbitrary<SourcePlan> = fc
  .record({
    sources: fc.integer({ min: 1, max: 4 }),
    ports: anyPorts,
    order: fc.constantFrom(...PORT_ORDERS),
    reuseAfterUs: fc.constantFrom(0, 0, 1, 40, 300),
    exactly: fc.constantFrom(undefined, undefined, 30, 200),
    seed: fc.nat(),
  })
  .map(({ exactly, ...plan }) => (exactly === undefined ? plan : { ...plan, reuseExactlyUs: exactly }));

const anyShard: fc.Arbitrary<PortShard> = fc
  .integer({ min: 1, max: 3 })
  .chain((count) => fc.record({ index: fc.nat({ max: count - 1 }), count: fc.constant(count) }));

type Step =
  | { readonly kind: 'lease'; readonly afterUs: number }
  | { readonly kind: 'release'; readonly afterUs: number; readonly which: number; readonly heldUs: number }
  | {
      readonly kind: 'quarantine';
      readonly afterUs: number;
      readonly which: number;
      readonly heldUs: number;
    };

const afterUs = fc.constantFrom(0, 0, 1, 7, 25);
const heldUs = fc.constantFrom(0, 0, 0, 10, 90, 500);
const which = fc.nat();
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: fc.record({ kind: fc.constant('lease'), afterUs }) },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('release'), afterUs, which, heldUs }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('quarantine'), afterUs, which, heldUs }) },
);

/** Takes one step in both, and holds what the allocator does against the book. */
function takeStep(
  book: NaiveBook,
  allocator: ReturnType<typeof createPortAllocator>,
  step: Step,
  nowUs: number,
) {
  if (step.kind === 'lease') {
    const allowed = book.candidates(nowUs);
    expect(allocator.lease(nowUs)).toBe(allowed.length > 0);
    if (allowed.length === 0) {
      expect(allocator.nextFreeAtUs).toBe(book.nextFreeAtUs);
      return;
    }
    const { source, port } = allocator;
    const entry = allowed.find((one) => one.source === source && one.port === port);
    if (entry === undefined) {
      const text = allowed.map((one) => `${one.source}:${one.port}`).join(', ');
      throw new Error(`leased ${source}:${port}, where only ${text} had its turn`);
    }
    expect(allocator.samePortAgeUs).toBe(book.samePortAgeUs(port, nowUs));
    expect(allocator.sameTupleAgeUs).toBe(book.sameTupleAgeUs(entry, nowUs));
    book.take(entry);
    return;
  }
  const { open } = book;
  const entry = open[step.which % Math.max(1, open.length)];
  if (entry === undefined) return;
  if (step.kind === 'release') {
    allocator.release(entry.source, entry.port, nowUs, nowUs + step.heldUs);
    book.release(entry, nowUs, nowUs + step.heldUs);
  } else {
    allocator.quarantine(entry.source, entry.port, nowUs + step.heldUs);
    book.quarantine(entry, nowUs + step.heldUs);
  }
}

describe('a port allocator, whatever is asked of it', () => {
  it('leases what a naive book would, with the same ages', () => {
    const steps = fc.array(anyStep, { maxLength: 300, size: 'max' });
    fc.assert(
      fc.property(anyPlan, anyShard, steps, (plan, shard, steps) => {
        const book = new NaiveBook(plan, shard);
        const allocator = createPortAllocator(plan, shard);
        expect(allocator.size).toBe(book.entries.length);
        let nowUs = 0;
        for (const step of steps) {
          nowUs += step.afterUs;
          takeStep(book, allocator, step, nowUs);
          expect(allocator.leased).toBe(book.open.length);
        }
      }),
      { numRuns: 400 },
    );
  });
});
