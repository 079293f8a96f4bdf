import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const HERE = import.meta.dirname;
const LIMITS = [{ title: 'facts > reads them', reason: 'the emulator cuts them' }];

let place: string;
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'judge-'));
});
afterEach(() => rmSync(place, { recursive: true }));

function test(status: 'passed' | 'failed' | 'skipped', title: string): object {
  return {
    status,
    title,
    ancestorTitles: ['engine', 'facts'],
    failureMessages: status === 'failed' ? ['Error: no\n  at x'] : [],
  };
}

function judge(assertionResults: object[], file: object = {}): { lines: string[]; status: number | null } {
  writeFileSync(join(place, 'report'), JSON.stringify({ testResults: [{ assertionResults, ...file }] }));
  writeFileSync(join(place, 'limits'), JSON.stringify(LIMITS));
  return node('judge.mjs', ['suite', join(place, 'report'), join(place, 'limits')]);
}

function node(script: string, args: string[], input = ''): { lines: string[]; status: number | null } {
  const { stdout, status } = spawnSync(process.execPath, [join(HERE, script), ...args], {
    encoding: 'utf8',
    input,
  });
  return { lines: stdout.trimEnd().split('\n'), status };
}

describe('the judge of an emulated suite', () => {
  it('takes a failure that the emulator must have for what it is, and gives the reason', () => {
    expect(judge([test('passed', 'connects'), test('failed', 'reads them with ::1')])).toEqual({
      lines: [
        '  1 cannot pass under qemu: facts > reads them: the emulator cuts them',
        'suite: 1 passed, 0 failed, 1 cannot pass under qemu, 0 skipped',
      ],
      status: 0,
    });
  });

  it('fails for any other failure, and names it', () => {
    expect(
      judge([test('passed', 'reads them'), test('failed', 'connects'), test('skipped', 'holds')]),
    ).toEqual({
      lines: [
        '  1 pass that qemu-limits.json says cannot: facts > reads them',
        '  FAILED engine > facts > connects: Error: no',
        'suite: 1 passed, 1 failed, 0 cannot pass under qemu, 1 skipped',
      ],
      status: 1,
    });
  });

  it('fails where nothing passed', () => {
    expect(judge([test('failed', 'reads them')]).status).toBe(1);
  });

  it('fails for a file that did not load', () => {
    const broken = { assertionResults: [], status: 'failed', name: 'x.test.ts', message: 'SyntaxError' };
    const { lines, status } = judge([], broken);
    expect(lines[0]).toBe('  FAILED x.test.ts: SyntaxError');
    expect(status).toBe(1);
  });
});

describe('the judge of an emulated run', () => {
  const summary = (outcomes: Record<string, number>, verdict: object): string => {
    const arm = { outcomes, started: 3, completed: outcomes['ok'] ?? 0, unsent: 0 };
    return JSON.stringify({ run: { engine: 'raw' }, verdict, arms: { hit: arm } });
  };
  const slow = { pass: null, generatorLimited: true, reasons: ['late'] };

  it('asks that every attempt ended well, and no verdict of a machine too slow for one', () => {
    expect(node('summary.mjs', ['hit', '3'], summary({ ok: 3 }, slow))).toEqual({
      lines: [
        'hit: passed without a verdict (late), raw engine, 3 of 3 completed, 0 unsent, outcomes [{"ok":3}]',
      ],
      status: 0,
    });
  });

  it.each([
    ['an attempt ended otherwise', { ok: 2, reset: 1 }, { pass: null }, '2'],
    ['the verdict is a fail', { ok: 3 }, { pass: false }, '3'],
    ['there were too few', { ok: 3 }, { pass: true }, '4'],
  ])('fails where %s', (_, outcomes, verdict, count) => {
    expect(
      node('summary.mjs', ['hit', count], summary(outcomes as Record<string, number>, verdict)).status,
    ).toBe(1);
  });
});
