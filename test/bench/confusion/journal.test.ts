import { appendFileSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { listCells, listPairs } from '../../../bench/confusion/cells.mjs';
import { appendEntry, current, readJournal } from '../../../bench/confusion/journal.mjs';
import { readOptions } from '../../../bench/confusion/options.mjs';
import { type Attempt, runCells } from '../../../bench/confusion/run.mjs';
import { PRESETS, readPreset } from '../../../src/lab/presets/index.ts';
import { CELL, entry } from './entries.ts';

function folder(): string {
  const dir = mkdtempSync(join(tmpdir(), 'rushhour-confusion-'));
  onTestFinished(() => rmSync(dir, { recursive: true, force: true }));
  return dir;
}

describe('the journal', () => {
  it('survives a line that was cut off', () => {
    const path = join(folder(), 'deep', 'journal.jsonl');
    appendEntry(path, entry({ seed: 1 }));
    appendFileSync(path, '{"id":"random-lo');
    appendEntry(path, entry({ seed: 2 }));
    expect(readJournal(path).map(({ seed }) => seed)).toEqual([1, 2]);
  });

  it('counts the last line of a cell, of these rules, that could be tried', () => {
    const lines = [
      entry({ class: 'wrong' }),
      entry({ class: 'right' }),
      entry({ failed: 'no memory' }),
      entry({ class: 'rival', rules: 'r0' }),
      entry({ class: 'rival', sides: 'near' }),
    ];
    const { entries, others } = current(lines, 'r1');
    expect(entries.map((one) => [one.sides, one.class])).toEqual([
      ['both', 'right'],
      ['near', 'rival'],
    ]);
    expect(others).toBe(1);
  });
});

describe('a run of the matrix', () => {
  const version = { commit: 'c0ffee', rules: 'r1' };
  const { signal } = new AbortController();
  const start = (dir: string, flags: string[], attempt: Attempt, aborts = signal) => {
    const options = readOptions([...flags, '--journal', join(dir, 'journal.jsonl')]);
    const known = readJournal(options.journal);
    return runCells([CELL], options, { known, version, signal: aborts, say: () => {}, attempt });
  };
  const right: Attempt = async (_, { sides }) =>
    sides.map((side) => ({ sides: side, seconds: 1, class: 'right' as const, named: ['loss'], rivals: [] }));

  it('tries only what is missing, and again what could not be tried', async () => {
    const dir = folder();
    const path = join(dir, 'journal.jsonl');
    const tried: string[] = [];
    const counted: Attempt = async (cell, how) => {
      tried.push(how.sides.join());
      return right(cell, how);
    };
    writeFileSync(path, `${JSON.stringify(entry({ sides: 'near' }))}\n`);
    expect(await start(dir, [], async () => Promise.reject(new Error('no memory')))).toBe(1);
    expect(await start(dir, [], counted)).toBe(0);
    await start(dir, [], counted);
    expect(tried).toEqual(['both']);
    expect(readJournal(path).map(({ sides, failed }) => [sides, failed])).toEqual([
      ['near', undefined],
      ['both', 'no memory'],
      ['both', undefined],
    ]);
    await start(dir, ['--busy', '3'], counted);
    await start(dir, ['--session', 'fixed'], counted);
    expect(tried).toEqual(['both', 'both', 'near', 'both,near']);
  });

  it('records nothing of a trial that was interrupted, and leaves no folder', async () => {
    const dir = folder();
    const stop = new AbortController();
    const attempt: Attempt = async () => {
      stop.abort(new Error('SIGINT'));
      throw new Error('SIGINT');
    };
    expect(await start(dir, [], attempt, stop.signal)).toBe(0);
    expect(readJournal(join(dir, 'journal.jsonl'))).toEqual([]);
    expect(readdirSync('results').filter((name) => name.endsWith(`-${process.pid}`))).toEqual([]);
  });

  it('has so many labs at once, and no more', async () => {
    const dir = folder();
    const cells = Array.from({ length: 7 }, (_, seed) => ({ ...CELL, id: `random-loss #${seed}` }));
    let [now, most] = [0, 0];
    const attempt: Attempt = async (cell, how) => {
      most = Math.max(most, ++now);
      await new Promise((resolve) => setImmediate(resolve));
      now -= 1;
      return right(cell, how);
    };
    const options = readOptions(['--jobs', '2', '--journal', join(dir, 'journal.jsonl')]);
    await runCells(cells, options, { known: [], version, signal, say: () => {}, attempt });
    expect(most).toBe(2);
    expect(readJournal(options.journal)).toHaveLength(14);
  });
});

describe('the cells', () => {
  it('are every preset and every pair that goes together, each of which a lab can have', () => {
    const cells = listCells({ seeds: 3 });
    const labels = new Set(cells.map(({ label }) => label));
    for (const { name } of PRESETS) expect(labels).toContain(name);
    for (const { label, why } of listPairs()) expect(labels.has(label), label).toBe(why === undefined);
    expect(new Set(cells.map(({ id }) => id)).size).toBe(cells.length);
    for (const { argument, causes } of cells) expect(readPreset(argument).causes).toEqual(causes);
  });

  it('are the same of the same seed, and others of another', () => {
    const wants = (label: string) => label === 'small-nat-pool';
    const [one, other] = listCells({ seeds: 2, wants });
    expect(listCells({ seeds: 1, firstSeed: 2, wants })).toEqual([other]);
    expect(one!.argument).not.toBe(other!.argument);
  });

  it('have two faults only where they are different ones', () => {
    const whyNot = (label: string) => listPairs().find((pair) => pair.label === label)?.why;
    expect(whyNot('timewait-1s+timewait-1s-lenient')).toMatch(/both set up the NAT/);
    expect(whyNot('healthy+random-loss')).toBe('healthy changes nothing');
    expect(whyNot('table-limit+random-loss')).toBeUndefined();
  });
});

describe('the options', () => {
  it.each([
    [['--jobs', '0'], /--jobs 0: a whole number from 1/],
    [['--sides', 'far'], /--sides far: it is near or both or all/],
    [['--singles', '--pairs'], /nothing to try/],
    [['--seed', '3'], /Unknown option '--seed'/],
  ])('%j are refused', (argv, why) => {
    expect(() => readOptions(argv)).toThrow(why);
  });

  it('name a pair in either order', () => {
    const { wants } = readOptions(['--only', 'random-loss+latency']);
    expect(wants('latency+random-loss', true)).toBe(true);
    expect(wants('latency', false)).toBe(false);
  });
});
