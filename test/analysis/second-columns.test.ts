import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { emptySecond, SecondColumns, type SecondCounts } from '../../src/analysis/second-columns.ts';

const COUNTERS = Object.keys(emptySecond()) as (keyof SecondCounts)[];

/** What was meant: objects in a map. */
function addTo(map: Map<number, SecondCounts>, second: number, counts: Partial<SecondCounts>): void {
  const sum = map.get(second) ?? emptySecond();
  for (const name of COUNTERS) sum[name] += counts[name] ?? 0;
  map.set(second, sum);
}

const ascending = (map: Map<number, SecondCounts>) => [...map].sort(([a], [b]) => a - b);

describe('counts by second in columns', () => {
  it('read as a map of the same counts does, its seconds ascending', () => {
    const second = fc.oneof(fc.nat(40), fc.nat(2_000), fc.nat(100_000));
    const counts = fc.record(
      Object.fromEntries(COUNTERS.map((name) => [name, fc.integer({ min: -1, max: 50_000 })])),
      { requiredKeys: [] },
    ) as fc.Arbitrary<Partial<SecondCounts>>;
    fc.assert(
      fc.property(fc.array(fc.tuple(second, counts), { maxLength: 60 }), (additions) => {
        const columns = new SecondColumns();
        const map = new Map<number, SecondCounts>();
        // Scheduled is what was due: it alone never goes down.
        for (const [at, given] of additions) {
          const due = { ...given, scheduled: Math.abs(given.scheduled ?? 0) };
          columns.add(at, due);
          addTo(map, at, due);
        }
        const wanted = ascending(map);
        expect([...columns]).toEqual(wanted);
        expect([...columns.keys()]).toEqual(wanted.map(([at]) => at));
        expect([...columns.values()]).toEqual(wanted.map(([, sum]) => sum));
        expect(columns.size).toBe(map.size);
        for (const [at] of additions) expect(columns.get(at)).toEqual(map.get(at));
      }),
      { numRuns: 100 },
    );
  });

  it('know a second in which all counts were zero from one that never was', () => {
    const columns = new SecondColumns();
    columns.add(7, { stalled: 0 });
    expect([columns.has(7), columns.has(6), columns.has(7.5), columns.has(-1)]).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect(columns.get(7)).toEqual(emptySecond());
    expect(columns.get(6)).toBeUndefined();
    expect([...columns.keys()]).toEqual([7]);
  });

  it('give copies: what is done to one changes nothing', () => {
    const columns = new SecondColumns();
    columns.add(1, { started: 5 });
    columns.get(1)!.started = 99;
    for (const counts of columns.values()) counts.started = 99;
    expect(columns.get(1)?.started).toBe(5);
  });

  it('tell what they hold to who visits each', () => {
    const columns = new SecondColumns();
    columns.add(600, { started: 2 });
    columns.add(3, { started: 1 });
    const seen: unknown[] = [];
    columns.forEach(({ started }, second, all) => {
      seen.push([second, started, all === columns]);
    });
    expect(seen).toEqual([
      [3, 1, true],
      [600, 2, true],
    ]);
  });

  it('take 32 bytes for each second of a night, and nothing for hours of sleep', () => {
    const bytesOf = (fill: (columns: SecondColumns) => void): number => {
      const before = process.memoryUsage().arrayBuffers;
      const columns = new SecondColumns();
      fill(columns);
      const bytes = process.memoryUsage().arrayBuffers - before;
      expect(columns.size).toBeGreaterThan(0);
      return bytes;
    };
    const nightSec = 8 * 3_600;
    const blockBytes = 512 * 32;
    const night = bytesOf((columns) => {
      for (let second = 0; second < nightSec; second += 1) columns.add(second, { started: 200 });
    });
    expect(night).toBeLessThanOrEqual(nightSec * 32 + blockBytes);
    const asleep = bytesOf((columns) => {
      columns.add(0, { started: 200 });
      columns.add(10 * nightSec, { started: 200 });
    });
    expect(asleep).toBeLessThanOrEqual(2 * blockBytes);
  });
});
