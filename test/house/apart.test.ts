import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import config from '../../vitest.config.ts';

/** Files of most projects share a process, in which a module that another file has loaded cannot be replaced any more. */
it('test files that replace modules have a process of their own', () => {
  const apart = config.test?.projects?.flatMap((project) =>
    typeof project === 'object' && 'test' in project && project.test?.name === 'apart'
      ? (project.test.include ?? [])
      : [],
  );
  const replacing = readdirSync('test', { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.test.ts'))
    .map((file) => join('test', file))
    .filter((file) => /^vi\.mock\(/m.test(readFileSync(file, 'utf8')));
  expect(replacing).not.toEqual([]);
  expect(apart).toEqual(expect.arrayContaining(replacing));
});
