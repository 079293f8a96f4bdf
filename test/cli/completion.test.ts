import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

let dir: string;
beforeAll(async () => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-completion-'));
  for (const shell of ['bash', 'zsh', 'fish']) {
    const host = createFakeHost();
    await runCli(['completion', shell], host, createFakeRun().services);
    writeFileSync(join(dir, shell), host.stdout.text);
  }
  // Scripts ask the program for names: this one has two of each.
  writeFileSync(join(dir, 'rushhour'), '#!/bin/sh\nprintf "%s-one\\n%s-two\\n" "$1" "$1"\n');
  chmodSync(join(dir, 'rushhour'), 0o755);
});
afterAll(() => rmSync(dir, { recursive: true }));

/** What a shell offers for the last of some words. */
type Complete = (...words: string[]) => string[];

const inShell = (shell: string, args: readonly string[]): string[] =>
  execFileSync(shell, args, {
    encoding: 'utf8',
    cwd: dir,
    env: { ...process.env, HOME: dir, PATH: `${dir}:${process.env['PATH']}` },
  })
    .split('\n')
    .filter((line) => line !== '');

const bash: Complete = (...words) =>
  inShell('bash', [
    '--norc',
    '-c',
    `source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _rushhour; printf '%s\\n' "\${COMPREPLY[@]}"`,
    'bash',
    'rushhour',
    ...words,
  ]);

/** zsh's own completion needs a terminal: its two ways of offering words are replaced by what prints them. */
const zsh: Complete = (...words) =>
  inShell('zsh', [
    '-f',
    '-c',
    `compdef() { :; }; _files() { :; }
    compadd() { shift; print -l -- "$@"; }
    _describe() { [[ $1 == -o ]] && shift; print -l -- "\${(@)\${(P)2}%%:*}"; }
    source ./zsh; words=("$@"); CURRENT=$#; _rushhour`,
    'zsh',
    'rushhour',
    ...words,
  ]).filter((word) => word.startsWith(words.at(-1) ?? ''));

const fish: Complete = (...words) =>
  inShell('fish', [
    '--no-config',
    '-c',
    `source ./fish; complete -C 'rushhour ${words.map((word) => (word === '' ? '' : word)).join(' ')}'`,
  ]).map((line) => line.split('\t')[0] ?? '');

function completes(complete: Complete): void {
  it('commands', () => {
    expect(complete('')).toEqual(
      expect.arrayContaining(['run', 'hit', 'scenarios', 'results', 'doctor', 'completion', 'schema']),
    );
    expect(complete('sc').sort()).toEqual(['scenarios', 'schema']);
    expect(complete('results', 'sh')).toEqual(['show']);
  });

  it('flags of the command at hand', () => {
    expect(complete('run', '--d').sort()).toEqual(['--dry-run', '--duration']);
    expect(complete('hit', '--t')).toEqual(expect.arrayContaining(['--timeout', '--tls-resume']));
    expect(complete('scenarios', '--pro')).toEqual([]);
    expect(complete('results', 'prune', '--m')).toEqual(['--max-size']);
    expect(complete('experiment', '--se').sort()).toEqual(['--seed', '--service', '--set', '--settle']);
  });

  it('values that a flag chooses from', () => {
    expect(complete('run', 'steady', '--engine', '').sort()).toEqual(['auto', 'portable', 'raw']);
    expect(complete('hit', '--reactor', '').sort()).toEqual(['auto', 'epoll', 'io_uring']);
    expect(complete('hit', '--close', 'p')).toEqual(['peer']);
    expect(complete('export', '--what', '').sort()).toEqual([
      'arms',
      'frames',
      'latency',
      'stalls',
      'statuses',
    ]);
    expect(complete('completion', '').sort()).toEqual(['bash', 'fish', 'zsh']);
  });

  it('names of scenarios and runs, after flags too', () => {
    expect(complete('run', 'scen')).toEqual(['scenarios-one', 'scenarios-two']);
    expect(complete('doctor', '--via', 'direct', 'scen')).toEqual(['scenarios-one', 'scenarios-two']);
    expect(complete('results', 'show', 'resu')).toEqual(['results-one', 'results-two']);
    expect(complete('results', 'label', 'resu')).toEqual(['results-one', 'results-two']);
    expect(complete('export', '--what', 'arms', 'resu')).toEqual(['results-one', 'results-two']);
    expect(complete('experiment', 'scen')).toEqual(['scenarios-one', 'scenarios-two']);
  });
}

suiteNeeding('bash completes', ['bash'], () => completes(bash));
suiteNeeding('zsh completes', ['zsh'], () => completes(zsh));
suiteNeeding('fish completes', ['fish'], () => completes(fish));

describe('completion', () => {
  it('names the shells it knows when asked for another', async () => {
    const host = createFakeHost();
    expect(await runCli(['completion', 'tcsh'], host, createFakeRun().services)).toBe(2);
    expect(host.stderr.text).toContain('bash, zsh, fish');
  });
});
