import { mkdir, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { EnvironmentError, UsageError } from '../../src/errors.ts';
import { findRun } from '../../src/read/find-run.ts';
import { listRuns } from '../../src/read/listing.ts';
import { scenarioOf } from '../analysis/parts.ts';
import { makeFolder, openRun, readAll, recordRun } from '../store/runs.ts';

describe('listing runs', () => {
  it('gives each with its verdict, oldest first', async () => {
    const results = makeFolder();
    const scenario = scenarioOf({ name: 'steady', criteria: ['stress.unsent == 0'] });
    const late = await recordRun(results, 1, {
      startedAt: '2025-02-01T06:00:00.000Z',
      scenario,
      label: 'after',
    });
    const early = await recordRun(results, 1);
    const running = await openRun(results, { startedAt: '2025-02-02T06:00:00.000Z' });
    const runs = await listRuns(results);
    expect(runs.map(({ id, status }) => [id, status])).toEqual([
      [early.id, 'complete'],
      [late.id, 'complete'],
      [running.info.id, 'running'],
    ]);
    expect(runs[1]).toEqual({
      name: '20250201-060000-steady',
      id: '20250201-060000-steady',
      note: '',
      dir: late.dir,
      scenario: 'steady',
      label: 'after',
      startedAt: '2025-02-01T06:00:00.000Z',
      status: 'complete',
      verdict: late.summary.verdict,
      bytes: Buffer.byteLength(Object.values(await readAll(late.dir)).join('')),
      tested: {
        ...{ proxies: [], targets: ['10.0.0.1:3128'], isEmbedded: false, from: { addresses: [] } },
        loads: [{ arm: 'stress', kind: 'rate', peakPerSec: 10 }],
      },
      workId: expect.stringMatching(/^[0-9a-f]{12}$/),
    });
    expect(runs[1]?.workId, 'another scenario').not.toBe(runs[0]?.workId);
    expect(runs[2]?.verdict).toBeUndefined();
  });

  it('passes over what is no run', async () => {
    const results = makeFolder();
    await mkdir(join(results, 'empty'));
    await mkdir(join(results, 'other'));
    await writeFile(join(results, 'other', 'run.json'), '{"name":"other"}');
    await writeFile(join(results, 'README.md'), 'read me');
    const { id } = await recordRun(results, 1);
    expect((await listRuns(results)).map((run) => run.id)).toEqual([id]);
  });

  it('is empty where there is no folder', async () => {
    expect(await listRuns(join(makeFolder(), 'nowhere'))).toEqual([]);
  });

  it('says so where there is a folder that cannot be read, instead of calling it empty', async () => {
    const path = join(makeFolder(), 'results');
    await writeFile(path, 'no folder');
    await expect(listRuns(path)).rejects.toBeInstanceOf(EnvironmentError);
    await expect(listRuns(path)).rejects.toMatchObject({
      message: expect.stringMatching(`^cannot read the results in ${path} \\(ENOTDIR`),
      hint: expect.stringContaining('--results'),
    });
  });
});

describe('finding a run', () => {
  const recordTwo = async () => {
    const results = makeFolder();
    const before = await recordRun(results, 1, { label: 'timer 60 s' });
    const after = await recordRun(results, 1, { startedAt: '2025-01-31T07:00:00.000Z', label: 'timer 1 s' });
    return { results, before, after };
  };

  it('goes by id, by label, by the start of either, and by folder', async () => {
    const { results, before, after } = await recordTwo();
    expect(await findRun(before.id, results)).toBe(before.dir);
    expect(await findRun('20250131-07', results)).toBe(after.dir);
    expect(await findRun('timer 60 s', results)).toBe(before.dir);
    expect(await findRun('timer 1', results)).toBe(after.dir);
    expect(await findRun(after.dir, '/nowhere')).toBe(after.dir);
  });

  it('takes the latest of several with one label', async () => {
    const { results } = await recordTwo();
    const latest = await recordRun(results, 1, {
      startedAt: '2025-01-31T08:00:00.000Z',
      label: 'timer 60 s',
    });
    expect(await findRun('timer 60 s', results)).toBe(latest.dir);
  });

  it('takes an id for itself, though another begins with it', async () => {
    const results = makeFolder();
    const first = await recordRun(results, 1);
    const second = await recordRun(results, 1);
    expect(second.id).toBe(`${first.id}-2`);
    expect(await findRun(first.id, results)).toBe(first.dir);
  });

  it('asks for more of an id that fits several', async () => {
    const { results, before, after } = await recordTwo();
    const search = findRun('20250131', results);
    await expect(search).rejects.toBeInstanceOf(UsageError);
    await expect(search).rejects.toMatchObject({
      message: `"20250131" matches 2 runs: ${before.id}, ${after.id}`,
      hint: 'give more of the name',
    });
  });

  it('suggests what may have been meant', async () => {
    const { results } = await recordTwo();
    const search = findRun('timer 6 s', results);
    await expect(search).rejects.toBeInstanceOf(UsageError);
    await expect(search).rejects.toMatchObject({
      message: `there is no run "timer 6 s" in ${results}`,
      hint: 'did you mean timer 60 s? rushhour results lists them all',
    });
  });

  it('says how to get a first one', async () => {
    const results = makeFolder();
    expect((await stat(results)).isDirectory()).toBe(true);
    await expect(findRun('any', results)).rejects.toMatchObject({
      hint: 'there are no runs yet: rushhour run quickstart creates one',
    });
  });
});
