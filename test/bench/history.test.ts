import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, expect, it } from 'vitest';

const HISTORY = pathToFileURL(join(import.meta.dirname, '../../bench/history.mjs')).href;
const dir = mkdtempSync(join(tmpdir(), 'rushhour-test-'));

afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Range = readonly [low: number, high: number, better?: 'more' | 'less'];

function entryOf(figures: Record<string, Range>, facts: object = {}): object {
  const filled = Object.entries(figures).map(([name, [low, high, better = 'less']]) => [
    name,
    { median: (low + high) / 2, low, high, better },
  ]);
  return {
    at: '',
    version: '',
    machine: 'here',
    quick: false,
    figures: Object.fromEntries(filled),
    ...facts,
  };
}

/** In a process of its own, as the bench is plain JavaScript without types. */
function evaluate(expression: string): unknown {
  const program = `const h = await import(${JSON.stringify(HISTORY)}); console.log(JSON.stringify((${expression}) ?? null));`;
  const args = ['--input-type=module', '--eval', program];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' }));
}

function compare(before: Record<string, Range>, after: Record<string, Range>): unknown {
  return evaluate(`h.compare(${JSON.stringify(entryOf(before))}, ${JSON.stringify(entryOf(after))})`);
}

it('names what changed by more than the repetitions differ, and which way', () => {
  expect(
    compare({ cost: [1, 1.1], rate: [10, 11, 'more'] }, { cost: [2, 2.1], rate: [20, 21, 'more'] }),
  ).toEqual([
    { name: 'cost', was: 1.05, is: 2.05, isWorse: true },
    { name: 'rate', was: 10.5, is: 20.5, isWorse: false },
  ]);
});

it('says nothing of what differs no more than its repetitions, has none, or is new', () => {
  expect(
    compare({ near: [1, 1.1], once: [1, 1] }, { near: [1.15, 1.25], once: [5, 5], other: [1, 2] }),
  ).toEqual([]);
});

it('holds a bench against the last one of the same machine and length', () => {
  const file = join(dir, 'history.jsonl');
  const entries = [
    entryOf({}, { version: 'older' }),
    entryOf({}, { version: 'wanted' }),
    entryOf({}, { version: 'elsewhere', machine: 'there' }),
    entryOf({}, { version: 'short', quick: true }),
  ];
  writeFileSync(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
  const found = evaluate(`await h.readPrevious(${JSON.stringify(file)}, { machine: 'here', quick: false })`);
  expect(found).toMatchObject({ version: 'wanted' });
  expect(evaluate(`await h.readPrevious('/nowhere', { machine: 'here', quick: false })`)).toBeNull();
});
