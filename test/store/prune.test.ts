import { existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { choosePruning, type PruneRules } from '../../src/read/choose-pruning.ts';
import { listRuns, type RunListing } from '../../src/read/listing.ts';
import { removeRun } from '../../src/store/prune.ts';
import { listing } from './listings.ts';
import { makeFolder, openRun, recordRun } from './runs.ts';

const day = (number: number) => `2025-01-${String(number).padStart(2, '0')}T00:00:00.000Z`;
const RUNS = [1, 2, 3, 4, 5].map((number) =>
  listing(`r${number}`, { startedAt: day(number), bytes: number * 100, note: number === 2 ? 'keep' : '' }),
);
const spareNoted = ({ note }: RunListing) => (note === '' ? undefined : 'noted');
const removed = (rules: PruneRules, spare: (run: RunListing) => string | undefined = () => undefined) =>
  choosePruning(RUNS, rules, spare).remove.map(({ id }) => id);

describe('pruning', () => {
  it('removes what is older, or all but the latest, or the oldest until the rest is small enough', () => {
    expect(removed({})).toEqual([]);
    expect(removed({ beforeMs: Date.parse(day(3)) })).toEqual(['r1', 'r2']);
    expect(removed({ keep: 2 })).toEqual(['r1', 'r2', 'r3']);
    expect(removed({ keep: 9 })).toEqual([]);
    expect(removed({ maxBytes: 1_200 })).toEqual(['r1', 'r2']);
    expect(removed({ maxBytes: 1_199 })).toEqual(['r1', 'r2', 'r3']);
    expect(removed({ maxBytes: 1_500 })).toEqual([]);
    expect(removed({ keep: 4, maxBytes: 900 })).toEqual(['r1', 'r2', 'r3']);
  });

  it('spares what has to stay, says why, and makes room elsewhere', () => {
    const pruning = choosePruning(RUNS, { keep: 2 }, spareNoted);
    expect(pruning.remove.map(({ id }) => id)).toEqual(['r1', 'r3']);
    expect(pruning.spared).toEqual([{ run: RUNS[1], because: 'noted' }]);
    expect(pruning.left.map(({ id }) => id)).toEqual(['r2', 'r4', 'r5']);
    // 1,500 without r1 is 1,400, without r3 1,100: r2 is passed over.
    expect(removed({ maxBytes: 1_200 }, spareNoted)).toEqual(['r1', 'r3']);
  });

  it('never removes what is spared, nor loses a run, whatever the rules', () => {
    const rules = fc.record(
      {
        beforeMs: fc.integer({ min: Date.parse(day(1)), max: Date.parse(day(7)) }),
        keep: fc.nat(7),
        maxBytes: fc.nat(2_000),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(rules, (given) => {
        const { remove, left } = choosePruning(RUNS, given, spareNoted);
        expect(remove.filter((run) => spareNoted(run) !== undefined)).toEqual([]);
        expect([...remove, ...left].map(({ id }) => id).sort()).toEqual(RUNS.map(({ id }) => id));
        if (given.maxBytes !== undefined && given.maxBytes >= 200) {
          expect(left.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(given.maxBytes);
        }
      }),
    );
  });
});

/** Undefined: there is no such folder, or no longer. */
function countFiles(dir: string): number | undefined {
  try {
    return readdirSync(dir).length;
  } catch {
    return undefined;
  }
}

describe('removing a run', () => {
  it('takes it away as a whole: at no moment is a part of it there', async () => {
    const results = makeFolder();
    const { dir } = await recordRun(results, 2);
    for (let index = 0; index < 500; index += 1) writeFileSync(join(dir, `${index}`), '');
    const whole = readdirSync(dir).length;
    const seen = new Set<number>();
    let done = false;
    const removal = removeRun({ dir }).finally(() => {
      done = true;
    });
    while (!done) {
      seen.add(countFiles(dir) ?? whole);
      await turn();
    }
    await removal;
    expect([...seen].filter((files) => files !== whole)).toEqual([]);
    expect(readdirSync(results)).toEqual([]);
  });

  it('is finished by the next start where its process was killed, and shown by no list meanwhile', async () => {
    const results = makeFolder();
    const { dir } = await recordRun(results, 2);
    const corpse = join(results, '.removing-4711-20250131-060000-test');
    mkdirSync(corpse);
    writeFileSync(join(corpse, 'run.json'), '{}');
    const damaged: unknown[] = [];
    expect(await listRuns(results, (one) => damaged.push(one))).toMatchObject([{ dir }]);
    expect(damaged).toEqual([]);
    await openRun(results);
    expect(existsSync(corpse)).toBe(false);
  });
});
