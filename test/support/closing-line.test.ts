import { spawnSync } from 'node:child_process';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';

const VITEST = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs');

function runFixtures(...args: string[]): string[] {
  const cwd = join(import.meta.dirname, 'fixtures/closing-line');
  const { stdout } = spawnSync(process.execPath, [VITEST, 'run', ...args], { cwd, encoding: 'utf8' });
  return stdout.trimEnd().split('\n');
}

describe('the closing line', () => {
  const lines = runFixtures();

  it('comes last and counts a broken hook and a file that does not load as failures', () => {
    expect(lines.at(-1)).toBe('1 passed, 3 failed, 4 skipped');
  });

  it('comes after the skipped suites, each with its reason, and after what failed, each with its error', () => {
    expect(lines.slice(lines.indexOf('Skipped:'), -1)).toEqual([
      'Skipped:',
      '  mixed.fixture.ts > thinks better of it (1 test): the moon is wrong',
      '  mixed.fixture.ts > with a tool that nobody has (2 tests): needs no-such-tool',
      '  mixed.fixture.ts > with a hook that breaks > is not reached (1 test): no reason given',
      '',
      'Failed:',
      '  mixed.fixture.ts: broken',
      '  mixed.fixture.ts > fails: expected 1 to be 2 // Object.is equality',
      '  unloadable.fixture.ts: this file does not load',
      '',
    ]);
  });

  it('comes after the slowest files, with the time that each took and that of processors', () => {
    expect(lines.slice(0, lines.indexOf('Skipped:'))).toEqual([
      'Slowest files:',
      expect.stringMatching(/^ {2}mixed\.fixture\.ts: \d+\.\d s, \d+\.\d s of processor time$/),
      expect.stringMatching(/^ {2}unloadable\.fixture\.ts: \d+\.\d s$/),
      '',
    ]);
  });

  it('does not list what -t left out on purpose', () => {
    expect(runFixtures('-t', 'passes', 'mixed').join('\n')).not.toContain('no reason given');
  });
});
