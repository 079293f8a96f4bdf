import { execFileSync } from 'node:child_process';
import { symlinkSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { emptyCounts } from '../../src/metrics/counts.ts';
import { FILES } from '../../src/store/files.ts';
import { readFrames } from '../../src/store/read-info.ts';
import { readLines } from '../../src/store/read-lines.ts';
import { collect, makeFolder, recordRun } from './runs.ts';

it('lines come whole and in order, those of many chunks and empty ones too, and none that was torn', async () => {
  const path = join(makeFolder(), 'lines');
  // A chunk is 64 KiB: lines end within one, with one, and several chunks later.
  const lengths = [0, 5, 65_530, 0, 65_535, 400_000, 1, 131_071, 7];
  const lines = lengths.map((length, index) => String(index).repeat(length));
  await writeFile(path, `${lines.join('\n')}\nhalf of one`);
  expect((await collect(readLines(path))).flat()).toEqual(lines);
  await writeFile(path, 'half of one');
  expect((await collect(readLines(path))).flat()).toEqual([]);
});

it('a pipe or a device that bears the name of a file is waited for by nobody', async () => {
  const dir = makeFolder();
  execFileSync('mkfifo', [join(dir, 'pipe')]);
  symlinkSync('/dev/zero', join(dir, 'endless'));
  for (const name of ['pipe', 'endless'])
    await expect(collect(readLines(join(dir, name)))).rejects.toThrow(
      `${dir} is damaged: ${name}: it is not a regular file`,
    );
});

it('a line longer than any of ours is passed over, and not kept in memory meanwhile', async () => {
  const path = join(makeFolder(), 'lines');
  const long = 'x'.repeat(16 * 1024 * 1024 + 1);
  await writeFile(path, `before\n${long}\nafter\n${long.slice(1)}\nlast\n`);
  expect((await collect(readLines(path))).flat().map((line) => line.slice(0, 9))).toEqual([
    ...['before', 'after', 'xxxxxxxxx', 'last'],
  ]);
});

it.each([
  ['series', 1_001, (names: object) => ({ series: names })],
  ['endpoints', 10_001, (names: object) => ({ series: { stress: { ...emptyCounts(), endpoints: names } } })],
  ['statuses', 10_001, (names: object) => ({ series: { stress: { ...emptyCounts(), statuses: names } } })],
])('a second with more %s than rushhour ever counts is passed over as damaged', async (what, many, change) => {
  const { dir } = await recordRun(makeFolder(), 3, {}, 'interrupted');
  const seconds = async () => (await collect(readFrames(dir))).map(({ second }) => second);
  const value =
    what === 'series'
      ? emptyCounts()
      : what === 'endpoints'
        ? { started: 1, established: 1, completed: 1, stalled: 0 }
        : 1;
  const names = (count: number) =>
    Object.fromEntries(Array.from({ length: count }, (_, index) => [`n${index}`, value]));
  const path = join(dir, FILES.frames);
  const frames = await readFile(path, 'utf8');
  const second = { second: 3, open: 0, stallsLeftOut: 0 };
  await writeFile(path, `${frames}${JSON.stringify({ ...second, ...change(names(many)) })}\n`);
  expect(await seconds()).toEqual([0, 1, 2]);
  // One fewer is nothing to refuse.
  await writeFile(path, `${frames}${JSON.stringify({ ...second, ...change(names(many - 1)) })}\n`);
  expect(await seconds()).toEqual([0, 1, 2, 3]);
});
