import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { markProcess } from '../../src/store/process-mark.ts';
import type { RunInfo } from '../../src/store/run-info.ts';
import { armAt, scenarioOf } from '../doctor/facts.ts';
import { summary } from '../render/fixtures.ts';
import { makeExperiment } from '../store/experiments.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-results-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function cli(...args: string[]) {
  const host = createFakeHost({ cwd: dir });
  const exitCode = await runCli(args, host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

/** A run's folder as a finished run leaves it, or without a summary, as one that was killed in its third second. */
function keepRun(id: string, hour: number, over: Partial<RunInfo> = {}, kept?: Summary): void {
  const folder = join(dir, 'results', id);
  mkdirSync(folder, { recursive: true });
  const info: RunInfo = {
    schema: 1,
    id,
    scenario: scenarioOf(armAt()),
    label: '',
    startedAt: `2025-01-31T0${hour}:00:00.000Z`,
    status: kept === undefined ? 'running' : 'complete',
    engine: 'raw',
    stallsByTcpInfo: true,
    workers: 1,
    endpoints: {},
    command: [],
    versions: { rushhour: '0.1.0', node: '20.19.2' },
    host: {},
    // No boot of any machine has this id: its process is gone.
    process: { pid: process.pid, bootId: 'earlier', startTicks: '1' },
    ...over,
  };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(info));
  if (kept !== undefined) writeFileSync(join(folder, 'summary.json'), JSON.stringify(kept));
  else {
    const counts = {
      scheduled: 1_000,
      started: 1_000,
      established: 1_000,
      completed: 1_000,
      outcomes: { ok: 1_000 },
    };
    const frames = [0, 1, 2].map((second) => ({
      second,
      series: { stress: { ...EMPTY_COUNTS, ...counts } },
      open: 0,
      stallsLeftOut: 0,
    }));
    writeFileSync(join(folder, 'frames.jsonl'), frames.map((frame) => `${JSON.stringify(frame)}\n`).join(''));
  }
}

const EMPTY_COUNTS = {
  unsent: 0,
  recovered: 0,
  frozen: 0,
  unresolved: 0,
  healed: 0,
  slow: 0,
  bytes: 0,
  firstBegunUs: 0,
  lastBegunUs: 1_000_000,
  lastEndUs: 1_000_000,
  byReuseAge: {},
  synRetransmits: {},
  stalledBySecond: {},
  endpoints: {},
};

describe('results', () => {
  it('lists runs, oldest first, the interrupted as such', async () => {
    const { verdict } = summary();
    keepRun('c', 3);
    keepRun('a', 1, { label: 'timer 60 s' }, summary());
    keepRun(
      'b',
      2,
      {},
      summary({ verdict: { ...verdict, pass: false, criteria: [{ text: 't', value: 1, held: false }] } }),
    );
    keepRun('d', 4, {}, summary({ verdict: { ...verdict, pass: null, generatorLimited: true } }));
    const { exitCode, out } = await cli('results');
    expect(exitCode).toBe(0);
    expect(out.split('\n').map((line) => line.split(/ {2,}/).slice(0, 3))).toEqual([
      ['run', 'started', 'verdict'],
      ['a', '2025-01-31 01:00:00 UTC', 'PASS'],
      ['b', '2025-01-31 02:00:00 UTC', 'FAIL'],
      ['c', '2025-01-31 03:00:00 UTC', 'interrupted'],
      ['d', '2025-01-31 04:00:00 UTC', 'generator-limited'],
      [''],
    ]);
    expect(out).toContain('timer 60 s');
  });

  it('prints ids for completion, and the list as JSON', async () => {
    keepRun('a', 1, {}, summary());
    keepRun('b', 2, {}, summary());
    expect((await cli('results', '--names')).out).toBe('a\nb\n');
    expect(JSON.parse((await cli('results', '--json')).out)).toMatchObject([
      { id: 'a', status: 'complete' },
      { id: 'b' },
    ]);
  });

  it('says where there are none, and prints nothing', async () => {
    const { exitCode, out, err } = await cli('results', '--results', 'elsewhere');
    expect([exitCode, out]).toEqual([0, '']);
    expect(err).toContain(join(dir, 'elsewhere'));
  });

  it('lists those alone that the flags choose', async () => {
    const { verdict } = summary();
    keepRun('a', 1, { label: 'timer 60 s' }, summary());
    keepRun('b', 2, { label: 'timer 1 s' }, summary({ verdict: { ...verdict, pass: false } }));
    keepRun('c', 3);
    const names = async (...flags: string[]) => (await cli('results', '--names', ...flags)).out;
    expect(await names('--label', 'timer*')).toBe('a\nb\n');
    expect(await names('--scenario', 'steady', '--failed')).toBe('b\n');
    expect(await names('--status', 'interrupted')).toBe('c\n');
    // The fake host's clock stands at 06:00.
    expect(await names('--since', '4h')).toBe('b\nc\n');
    expect(await names('--since', '2025-01-31T03:00:00Z')).toBe('c\n');
    expect((await cli('results', '--label', 'x')).err).toBe(
      `None of the 3 runs in ${join(dir, 'results')} match.\n`,
    );
    expect(await cli('results', '--since', 'yesterday')).toMatchObject({ exitCode: 2, out: '' });
  });
});

describe('results label and note', () => {
  it('change what lists and summaries show', async () => {
    keepRun('a', 1, { label: 'before' }, summary());
    expect(await cli('results', 'label', 'a', 'timer 1 s')).toMatchObject({ exitCode: 0, out: '' });
    expect(await cli('results', 'note', 'timer 1 s', 'ticket 4711')).toMatchObject({ exitCode: 0 });
    expect((await cli('results')).out).toMatch(
      /^run .* label +note +tested\na .* timer 1 s +ticket 4711 +http:\/\/origin\.test\/, up to 1,000\/s$/m,
    );
    expect((await cli('results', 'show', 'a')).out).toMatch(
      /^PASS {2}steady \(timer 1 s\)(.*\n)*note: ticket 4711\n$/,
    );
    expect((await cli('results', 'note', 'b', 'x')).exitCode).toBe(2);
  });
});

describe('results prune', () => {
  const names = async () => (await cli('results', '--names')).out.split('\n').join('');

  it('removes on --yes, spares what is noted, under way or needed, and counts', async () => {
    for (const [index, id] of ['a', 'b', 'c', 'd', 'e'].entries()) keepRun(id, index + 1, {}, summary());
    await cli('results', 'note', 'b', 'ticket 4711');
    keepRun('c', 3, { process: markProcess() });
    rmSync(join(dir, 'results', 'c', 'summary.json'));
    await makeExperiment(join(dir, 'results', 'experiments', 'x.json'), { runId: 'd' });

    const looked = await cli('results', 'prune', '--keep', '1', '--dry-run');
    expect(looked.exitCode).toBe(0);
    expect(looked.out.split('\n').slice(1, 6)).toEqual([
      expect.stringMatching(/^a /),
      'stays: b (noted: ticket 4711)',
      'stays: c (in progress)',
      'stays: d (part of experiment x, which is unfinished)',
      expect.stringMatching(/^To remove: 1 run, .*; 4 runs, .* would remain\.$/),
    ]);
    expect(await names()).toBe('abcde');
    const { exitCode, out } = await cli('results', 'prune', '--keep', '1', '--yes');
    expect([exitCode, out.split('\n').at(-2)]).toEqual([0, 'Removed 1.']);
    expect(await names()).toBe('bcde');
    await cli('results', 'prune', '--keep', '1', '--yes', '--noted');
    expect(await names()).toBe('cde');
  });

  it('removes nothing without a yes', async () => {
    keepRun('a', 1, {}, summary());
    const alone = await cli('results', 'prune', '--older-than', '1h');
    expect(alone).toMatchObject({ exitCode: 2, err: expect.stringContaining('--yes') });
    const answered = async (answer: string) => {
      const host = { ...createFakeHost({ cwd: dir }), ask: async () => answer };
      return runCli(['results', 'prune', '--older-than', '1h'], host, createFakeRun().services);
    };
    expect(await answered('')).toBe(0);
    expect(await answered('no')).toBe(0);
    expect(await names()).toBe('a');
    expect(await answered('y')).toBe(0);
    expect(await names()).toBe('');
  });

  it('takes other runs neither away nor into account', async () => {
    keepRun('a', 1, { label: 'x' }, summary());
    keepRun('b', 2, { label: 'y' }, summary());
    keepRun('c', 3, { label: 'x' }, summary());
    await cli('results', 'prune', '--label', 'x', '--keep', '1', '--yes');
    expect(await names()).toBe('bc');
  });

  it('is bad usage without a rule, or with a flag that would not count', async () => {
    keepRun('a', 1, {}, summary());
    expect((await cli('results', 'prune', '--yes')).exitCode).toBe(2);
    expect((await cli('results', '--label', 'x', 'prune', '--keep', '1', '--yes')).exitCode).toBe(2);
    expect((await cli('results', 'prune', '--max-size', 'big', '--yes')).exitCode).toBe(2);
    expect(await names()).toBe('a');
  });
});

describe('export', () => {
  it('writes a table to stdout, or to a file that is whole', async () => {
    keepRun('a', 1);
    const { exitCode, out } = await cli('export', 'a');
    const [head, ...lines] = out.split('\r\n');
    expect(exitCode).toBe(0);
    expect(head).toMatch(/^second,at,series,open,scheduled,started,/);
    expect(
      lines.filter((line) => line.startsWith('2,2025-01-31T01:00:02.000Z,stress,0,1000,1000,')),
    ).toHaveLength(1);
    expect((await cli('export', 'a', '--what', 'arms', '--format', 'jsonl', '-o', 'arms.jsonl')).out).toBe(
      '',
    );
    expect(JSON.parse(readFileSync(join(dir, 'arms.jsonl'), 'utf8'))).toMatchObject({
      run: 'a',
      started: 3_000,
    });
    expect((await cli('export', 'a', '--what', 'stalls')).out).toMatch(/^at,series,atUs,.*\r\n$/);
  });

  it('says why where it cannot', async () => {
    keepRun('a', 1);
    expect(await cli('export', 'a', '-o', 'no/such/folder.csv')).toMatchObject({
      exitCode: 5,
      err: expect.stringContaining('cannot write'),
    });
    expect((await cli('export', 'b')).exitCode).toBe(2);
    expect((await cli('export', 'a', '--what', 'everything')).exitCode).toBe(2);
  });
});

describe('results show', () => {
  it('prints the stored summary again, of the latest run by default', async () => {
    keepRun('a', 1, { label: 'before' }, summary());
    keepRun('b', 2, {}, summary({ run: { ...summary().run, label: 'after' } }));
    expect((await cli('results', 'show')).out).toMatch(/^PASS {2}steady \(after\)/);
    expect((await cli('results', 'show', 'before')).out).toMatch(/^PASS {2}steady \(timer 60 s\)/);
    expect(JSON.parse((await cli('results', 'show', 'a', '--json')).out)).toEqual(summary());
  });

  it('makes the summary of an interrupted run from what it left', async () => {
    keepRun('killed', 1);
    const shown = JSON.parse((await cli('results', 'show', 'killed', '--json')).out) as Summary;
    expect(shown.run.status).toBe('interrupted');
    expect(shown.arms['stress']).toMatchObject({ started: 3_000, completed: 3_000 });
    expect((await cli('results', 'show', 'killed')).out).toMatch(/^NO VERDICT {2}steady/);
  });

  it('calls a run running that is under way, as the list does', async () => {
    keepRun('alive', 1, { process: markProcess() });
    expect((await cli('results')).out).toMatch(/^alive .* running /m);
    expect((await cli('results', 'show')).out).toMatch(
      /^NO VERDICT {2}steady: the run is still in progress\n/,
    );
    const shown = JSON.parse((await cli('results', 'show', '--json')).out) as Summary;
    expect(shown.run.status).toBe('running');
    expect(shown.arms['stress']?.started).toBe(3_000);
  });

  it('takes --results behind show as well', async () => {
    keepRun('a', 1, {}, summary());
    expect((await cli('results', 'show', 'a', '--results', 'elsewhere')).exitCode).toBe(2);
    expect((await cli('results', 'show', 'a', '--results', 'results')).exitCode).toBe(0);
  });

  it('is bad usage where there is no such run, or none at all', async () => {
    expect(await cli('results', 'show')).toMatchObject({ exitCode: 2, out: '' });
    keepRun('20250131-060000-steady', 1, {}, summary());
    const { exitCode, err } = await cli('results', 'show', '20250131-060000-steddy');
    expect(exitCode).toBe(2);
    expect(err).toContain('did you mean 20250131-060000-steady');
  });
});
