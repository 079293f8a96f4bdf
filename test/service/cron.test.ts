import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { writeCronScript, writeCronTable } from '../../src/service/cron.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { nightOf, planOf } from './plans.ts';

describe('the table for cron', () => {
  it('has the night and the boot, for the user of the night, and nothing that cron would split', () => {
    const table = writeCronTable(planOf({ night: nightOf({ on: 'Sat,Sun', label: '100% sure' }) }));
    const lines = table.split('\n').filter((line) => !line.startsWith('#') && !line.includes('='));
    expect(lines).toEqual([
      '30 1 * * 0,6 rushhour /etc/rushhour/rushhour-steady.sh night',
      '@reboot rushhour sleep 60; /etc/rushhour/rushhour-steady.sh resume',
      '',
    ]);
  });
});

suiteNeeding('what cron starts', ['linux', 'timeout'], () => {
  /** Runs the script with a program that notes its arguments and ends as it is told, one word each time. */
  function play(how: string, endings: readonly string[], words: readonly string[] = ['steady']) {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-cron-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const at = (name: string) => join(dir, name);
    writeFileSync(at('endings'), endings.map((ending) => `${ending}\n`).join(''));
    writeFileSync(
      at('main'),
      `printf '%s|' "$@" >>${at('calls')}; echo >>${at('calls')}
read -r ending <${at('endings')}; sed -i 1d ${at('endings')}
case $ending in kill) kill -9 $$ ;; *) exit "$ending" ;; esac\n`,
    );
    const plan = planOf({
      night: nightOf({ results: dir }),
      program: { node: '/bin/sh', main: at('main') },
      words: words.map((text) => ({ kind: 'text', text })),
    });
    writeFileSync(at('script'), writeCronScript(plan));
    chmodSync(at('script'), 0o755);
    const { status } = spawnSync(at('script'), [how, '0']);
    return { status, calls: readFileSync(at('calls'), 'utf8').trimEnd().split('\n') };
  }

  it('begins the night with every argument as it was', () => {
    const words = ['steady', '--label', 'it\'s "100%" $HOME `x` \\', ''];
    expect(play('night', ['0'], words)).toEqual({
      status: 0,
      calls: [`soak|${words.join('|')}|--resume|`],
    });
  });

  it('goes on with it after a kill and after a fault, and begins no other', () => {
    const { status, calls } = play('night', ['kill', '1', '3']);
    expect(status).toBe(3);
    expect(calls).toEqual(['soak|steady|--resume|', ...Array(2).fill('soak|steady|--resume-only|')]);
  });

  it.each(['2', '3', '4', '5', '130'])('leaves it at exit code %s', (code) => {
    expect(play('night', [code])).toEqual({ status: Number(code), calls: ['soak|steady|--resume|'] });
  });

  it('gives up after twenty times', () => {
    expect(play('night', Array(30).fill('1')).calls).toHaveLength(21);
  });

  it('begins once at a time that clocks tell twice', () => {
    const dir = mkdtempSync(join(tmpdir(), 'rushhour-cron-'));
    onTestFinished(() => rmSync(dir, { recursive: true }));
    const at = (name: string) => join(dir, name);
    writeFileSync(at('main'), `echo begun >>${at('calls')}\n`);
    writeFileSync(at('date'), `#!/bin/sh\necho "$NOW"\n`);
    const plan = planOf({ night: nightOf({ results: dir }), program: { node: '/bin/sh', main: at('main') } });
    writeFileSync(at('script'), writeCronScript(plan));
    for (const file of ['date', 'script']) chmodSync(at(file), 0o755);
    const begins = (now: string, how = 'night'): number => {
      const env = { ...process.env, PATH: `${dir}:${process.env['PATH']}`, NOW: now };
      const { status } = spawnSync(at('script'), [how, '0'], { env });
      expect(status).toBe(0);
      return readFileSync(at('calls'), 'utf8').split('\n').length - 1;
    };
    expect(begins('2027-10-31 01:30')).toBe(1);
    expect(begins('2027-10-31 01:30')).toBe(1);
    expect(begins('2027-10-31 01:30', 'resume')).toBe(2);
    expect(begins('2027-11-01 01:30')).toBe(3);
  });

  it('after a boot only goes on', () => {
    expect(play('resume', ['0']).calls).toEqual(['soak|steady|--resume-only|']);
  });
});
