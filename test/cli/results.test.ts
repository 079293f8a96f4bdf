import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { markProcess } from '../../src/store/process-mark.ts';
import type { RunInfo } from '../../src/store/run-info.ts';
import { armAt, scenarioOf } from '../doctor/facts.ts';
import { summary } from '../render/fixtures.ts';
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
    expect((await cli('results', 'show')).out).toMatch(/^NO VERDICT {2}steady: the run is still under way\n/);
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
