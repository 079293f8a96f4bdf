import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { formatVersion } from '../../../src/render/version.ts';
import { readVersions } from '../../../src/session/load/versions.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-versions-'));
});
afterAll(() => rmSync(dir, { recursive: true }));

const MANIFEST = JSON.stringify({ version: '9.8.7' });

function folder(name: string): string {
  const path = join(dir, name);
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'package.json'), MANIFEST);
  return path;
}

const commitOf = (path: string) => readVersions(pathToFileURL(`${path}/`)).commit;

/** Settings of whoever runs the tests must not matter. */
const git = (path: string, ...args: string[]) =>
  execFileSync('git', ['-C', path, '-c', 'user.name=t', '-c', 'user.email=t@localhost', ...args], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { PATH: process.env['PATH'], HOME: dir, GIT_CONFIG_NOSYSTEM: '1' },
  }).trim();

it('has no commit where it was installed, nor where the files of git cannot be read', () => {
  const installed = folder('installed');
  expect(readVersions(pathToFileURL(`${installed}/`))).toEqual({
    rushhour: '9.8.7',
    node: process.versions.node,
  });
  for (const [name, text] of [
    ['nowhere', 'gitdir: /nonexistent\n'],
    ['garbage', '\0\0'],
  ] as const) {
    const path = folder(name);
    writeFileSync(join(path, '.git'), text);
    expect(commitOf(path)).toBeUndefined();
  }
  const reftable = folder('reftable');
  mkdirSync(join(reftable, '.git'));
  writeFileSync(join(reftable, '.git/HEAD'), 'ref: refs/heads/.invalid\n');
  expect(commitOf(reftable)).toBeUndefined();
});

it('is worded with the first digits of the commit, where there is one', () => {
  expect(formatVersion({ rushhour: '1.2.3' })).toBe('1.2.3');
  expect(formatVersion({ rushhour: '1.2.3', commit: '0123456789abcdef'.repeat(3) })).toBe(
    '1.2.3 (commit 0123456789ab)',
  );
});

suiteNeeding('the commit of a checkout', ['git'], () => {
  let repository: string;
  beforeAll(() => {
    repository = folder('repository');
    git(repository, 'init', '-q', '-b', 'trunk');
  });

  it('is not there before the first', () => {
    expect(commitOf(repository)).toBeUndefined();
  });

  it('is that of the branch, of a packed one, of a worktree, and of no branch at all', () => {
    git(repository, 'commit', '-q', '--allow-empty', '-m', 'one');
    const one = git(repository, 'rev-parse', 'HEAD');
    expect(commitOf(repository)).toBe(one);

    const worktree = join(dir, 'worktree');
    git(repository, 'worktree', 'add', '-q', '-b', 'side/branch', worktree);
    writeFileSync(join(worktree, 'package.json'), MANIFEST);
    git(worktree, 'commit', '-q', '--allow-empty', '-m', 'two');
    const two = git(worktree, 'rev-parse', 'HEAD');
    expect(two).not.toBe(one);
    expect([commitOf(repository), commitOf(worktree)]).toEqual([one, two]);

    git(repository, 'pack-refs', '--all');
    expect([commitOf(repository), commitOf(worktree)]).toEqual([one, two]);

    git(repository, 'checkout', '-q', two);
    expect(commitOf(repository)).toBe(two);
  });
});
