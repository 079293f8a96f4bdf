import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';

const PAGE = readFileSync('docs/architecture.md', 'utf8');

/** The walks of docs/architecture.md by heading: numbered lines that begin with a file of src/. */
const WALKS = PAGE.split(/^## /m)
  .map((section) => ({
    heading: section.split('\n')[0]!,
    files: [...section.matchAll(/^\d+\. `([\w/-]+\.ts)`/gm)].map(([, file]) => file!),
    steps: section.match(/^\d+\. /gm)?.length ?? 0,
  }))
  .filter(({ steps }) => steps > 0);

describe.each(WALKS)('$heading', ({ files, steps }) => {
  it('names a file in each step, and none twice', () => {
    expect(files).toHaveLength(steps);
    expect(new Set(files).size).toBe(steps);
  });

  it('names files that there are', () => {
    expect(files.filter((file) => !existsSync(join('src', file)))).toEqual([]);
  });
});

it('follows a stall and a flag', () => {
  expect(WALKS.map(({ heading }) => heading)).toEqual([
    'One stall, from end to end',
    '`--rate`, from end to end',
  ]);
});
