import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { rebuildSummary } from '../../src/read/summary.ts';
import { createSession } from '../../src/store/session-create.ts';
import { factsOf } from '../store/runs.ts';
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
  // Whoever starts one of these is found out.
  for (const name of ['rushhour', 'node', 'nodejs', 'env']) {
    writeFileSync(join(dir, name), `#!/bin/sh\necho ${name} "$@" >>'${join(dir, 'started')}'\n`);
    chmodSync(join(dir, name), 0o755);
  }
  mkdirSync(join(dir, 'scenarios'));
  writeFileSync(join(dir, 'scenarios/my-own.yaml'), '');
  writeFileSync(join(dir, 'scenarios/notes.txt'), '');
  writeRun('results', '20260101-010000-steady', 'timer 1 s');
  writeRun('results', '20260102-010000-steady', 'timer 1 s');
  writeRun('results', '20260103-010000-hold', '', 'renamed "one"');
  writeRun('results', '20260104-010000-hold', 'forgotten', 'timer 60 s');
  writeRun('results', '20260105-010000-hold', 'gone', '');
  writeRun('the other', '20250101-010000-hit', 'elsewhere');
});
afterAll(() => rmSync(dir, { recursive: true }));

/** As runs are kept: label and note given afterwards have a file of their own. */
function writeRun(results: string, id: string, label: string, later?: string): void {
  const run = join(dir, results, id);
  const write = (file: string, value: unknown) =>
    writeFileSync(join(run, file), `${JSON.stringify(value, null, 2)}\n`);
  mkdirSync(run, { recursive: true });
  const scenario = { name: 'x', arms: [{ id: 'nor this', label: 'nor this' }] };
  write('run.json', { schema: 1, id, scenario, label, host: { id: 'nor this', label: 'nor this' } });
  if (later !== undefined) write('notes.json', { schema: 1, note: '"id": "x"', label: later });
}

/** What a shell offers for the last of some words. */
type Complete = (...words: string[]) => string[];

const inShell = (shell: string, args: readonly string[]): string[] =>
  execFileSync(shell, args, {
    encoding: 'utf8',
    cwd: dir,
    env: { PATH: `${dir}:/usr/bin:/bin`, HOME: dir, LANG: 'C.UTF-8' },
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
    compadd() { shift; print -rl -- "$@"; }
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
    expect(complete('help', 'soa')).toEqual(['soak']);
    expect(complete('help', 'soak', '').sort()).toEqual(['install', 'status', 'uninstall']);
    expect(complete('help', 'soak', 'status', '')).toEqual([]);
  });

  it('flags of the command at hand', () => {
    expect(complete('run', '--d').sort()).toEqual(['--dry-run', '--duration']);
    expect(complete('hit', '--t')).toEqual(expect.arrayContaining(['--timeout', '--tls-resume']));
    expect(complete('scenarios', '--pro')).toEqual([]);
    expect(complete('results', 'prune', '--m')).toEqual(['--max-size']);
    expect(complete('experiment', '--se').sort()).toEqual(['--seed', '--service', '--set', '--settle']);
  });

  it('values that a flag chooses from', () => {
    expect(complete('run', 'steady', '--engine', '').sort()).toEqual(['auto', 'packet', 'portable', 'raw']);
    expect(complete('hit', '--engine', '').sort()).toEqual(['auto', 'packet', 'portable', 'raw']);
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

  it('scenarios that come with it, and those of the working folder', () => {
    expect(complete('run', 'stead')).toEqual(['steady']);
    expect(complete('run', 'my')).toEqual(['my-own']);
    expect(complete('run', 'notes.t')).toEqual([]);
    expect(complete('doctor', '--via', 'direct', 'my')).toEqual(['my-own']);
    expect(complete('experiment', 'my')).toEqual(['my-own']);
    expect(complete('results', '--scenario', 'my')).toEqual(['my-own']);
  });

  it('presets of the lab, and scenarios behind them', () => {
    expect(complete('lab', 'up', 'timewait-6')).toEqual(['timewait-60s']);
    expect(complete('lab', 'switch', '--set', 't=5s', 'small')).toEqual(['small-nat-pool']);
    expect(complete('lab', 'run', 'heal')).toEqual(['healthy']);
    expect(complete('lab', 'run', 'healthy', 'my')).toEqual(['my-own']);
  });

  it('ids of runs', () => {
    const hold = ['20260103-010000-hold', '20260104-010000-hold', '20260105-010000-hold'];
    const all = ['20260101-010000-steady', '20260102-010000-steady', ...hold];
    expect(complete('results', 'show', '2026').sort()).toEqual(all);
    expect(complete('compare', '20260101-010000-steady', '20260104')).toEqual(['20260104-010000-hold']);
    expect(complete('trend', 'a', 'b', '20260104')).toEqual(['20260104-010000-hold']);
    expect(complete('export', '--what', 'arms', '20260104')).toEqual(['20260104-010000-hold']);
    expect(complete('results', 'show', '--results', 'nowhere', '2026')).toEqual([]);
  });

  it('labels of runs, each once, as they were given last', () => {
    const spaced = complete === bash ? ['timer\\ 1\\ s', 'timer\\ 60\\ s'] : ['timer 1 s', 'timer 60 s'];
    expect(complete('report', 'tim').sort()).toEqual(spaced);
    expect(complete('results', '--label', '').sort()).toEqual(spaced);
    // fish also offers files whose names have these letters somewhere in them.
    for (const gone of ['forg', 'gone', 'nor', 'ren']) {
      expect(complete('report', gone).filter((word) => word.startsWith(gone))).toEqual([]);
    }
  });

  it('all of that without starting Node', () => {
    expect(existsSync(join(dir, 'started')) && readFileSync(join(dir, 'started'), 'utf8')).toBe(false);
  });
}

suiteNeeding('bash completes', ['bash'], () => {
  completes(bash);

  it('labels within quotes, and of another folder', () => {
    expect(bash('report', '"timer 6')).toEqual(['timer 60 s']);
    expect(bash('report', 'timer\\ 6')).toEqual(['timer\\ 60\\ s']);
    expect(bash('report', '--results=the other', 'else')).toEqual(['elsewhere']);
    expect(bash('report', '--results', '=', 'the other', 'else')).toEqual(['elsewhere']);
  });
});
suiteNeeding('bash completes runs, which may be many,', ['linux', 'bash', 'strace'], () => {
  /** What is done for a key that completes a run or a label. */
  function trace(results: string): { programs: string[]; opened: string[]; reads: number } {
    // A file for each process: in one, a call of another splits what a line says.
    const logs = mkdtempSync(join(dir, 'trace-'));
    const line = `source ./bash; COMP_WORDS=(rushhour report x); COMP_CWORD=2; _rushhour`;
    const env = { PATH: '/usr/bin:/bin', LANG: 'C.UTF-8', RUSHHOUR_RESULTS: results };
    const options = ['-ff', '-qq', '-e', 'trace=execve,open,openat,read', '-o', join(logs, 'log')];
    execFileSync('strace', [...options, 'bash', '--norc', '-c', line], { cwd: dir, env });
    const calls = readdirSync(logs).flatMap((log) => readFileSync(join(logs, log), 'utf8').split('\n'));
    return {
      programs: calls
        .flatMap((call) => /execve\("[^"]*?([^/"]+)".*= 0$/.exec(call)?.[1] ?? [])
        .filter((name) => name !== 'bash'),
      opened: calls.flatMap((call) => /open(?:at)?\(.*"([^"]*\.json)"/.exec(call)?.[1] ?? []),
      reads: calls.filter((call) => /read\(/.test(call)).length,
    };
  }

  it('starting one program, which opens two files a run, and reading no line byte by byte', async () => {
    const results = mkdtempSync(join(dir, 'many-'));
    const fewest = trace(results).reads;
    for (let index = 0; index < 20; index += 1) {
      const label = `a label of ${'some'.repeat(10)} length, number ${index}`;
      const writer = await createSession(results, factsOf({ label }), () => {});
      await writer.finish(await rebuildSummary(writer.dir), 'failed', writer.info.startedAt);
    }
    const { programs, opened, reads } = trace(results);
    expect(programs).toEqual([expect.stringMatching(/awk$/)]);
    expect(opened).toHaveLength(2 * 20);
    // One for the head of each, and a few for what comes back: 20 labels of 70 bytes.
    expect(reads - fewest).toBeLessThan(20 + 60);
    expect(bash('report', '--results', results, 'a\\ label')).toHaveLength(20);
  });

  it('of the newest thousand alone', () => {
    const results = mkdtempSync(join(dir, 'more-'));
    for (let index = 0; index < 1_002; index += 1) {
      mkdirSync(join(results, `20260101-${String(index).padStart(6, '0')}-steady`));
    }
    const { opened } = trace(results);
    expect(opened).toHaveLength(1_000);
    expect(opened[0]).toContain('-000002-steady/run.json');
  });
});
suiteNeeding('zsh completes', ['zsh'], () => completes(zsh));
suiteNeeding('fish completes', ['fish'], () => completes(fish));

describe('completion', () => {
  it('names the shells it knows when asked for another', async () => {
    const host = createFakeHost();
    expect(await runCli(['completion', 'tcsh'], host, createFakeRun().services)).toBe(2);
    expect(host.stderr.text).toContain('bash, zsh, fish');
  });
});
