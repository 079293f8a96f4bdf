import { appendFile, mkdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { EnvironmentError, UsageError } from '../../src/errors.ts';
import { listRuns } from '../../src/read/listing.ts';
import { readSummary, rebuildSummary } from '../../src/read/summary.ts';
import { FILES } from '../../src/store/files.ts';
import { markProcess } from '../../src/store/process-mark.ts';
import { readFrames, readRunInfo } from '../../src/store/read-info.ts';
import { createSession } from '../../src/store/session-create.ts';
import { armOf, fine, frameOf, scenarioOf } from '../analysis/parts.ts';
import { collect, factsOf, makeFolder, openRun, readAll, recordRun } from './runs.ts';

describe('the folder of a run', () => {
  it('is named after time and scenario, with a number where that is taken', async () => {
    const results = join(makeFolder(), 'not', 'there', 'yet');
    const ids = [];
    for (let count = 0; count < 3; count += 1) ids.push((await openRun(results)).info.id);
    expect(ids).toEqual(['20250131-060000-test', '20250131-060000-test-2', '20250131-060000-test-3']);
  });

  it('says from the start what runs, and that it does', async () => {
    const { dir, info } = await openRun(makeFolder(), { label: 'timer 60 s' });
    expect(await readRunInfo(dir)).toEqual(info);
    expect(info).toMatchObject({ schema: 1, status: 'running', label: 'timer 60 s', process: markProcess() });
    expect(info).not.toHaveProperty('endedAt');
    expect(Object.keys(await readAll(dir)).sort()).toEqual([
      'frames.jsonl',
      'latency.hlog',
      'run.json',
      'stalls.jsonl',
    ]);
  });

  it('holds the whole run once that has ended', async () => {
    const { dir, summary } = await recordRun(makeFolder(), 5);
    const files = await readAll(dir);
    // These are there only where somebody wrote a note, or commands for a firewall.
    const { notes: _, firewall: __, ...written } = FILES;
    expect(Object.keys(files).sort()).toEqual(Object.values(written).sort());
    expect(JSON.parse(files['summary.json']!)).toEqual(summary);
    expect(JSON.parse(files['run.json']!)).toMatchObject({
      status: 'complete',
      endedAt: summary.run.endedAt,
    });
    const frames = await collect(readFrames(dir));
    expect(frames.map(({ second }) => second)).toEqual([0, 1, 2, 3, 4]);
    expect(frames[3]?.series['stress']).toMatchObject({ scheduled: 9, started: 8, unsent: 1, recovered: 1 });
    const stalls = files['stalls.jsonl']!.trimEnd().split('\n');
    expect(stalls.map((line) => JSON.parse(line))).toEqual(
      [0, 1, 2, 3, 4].map((second) => ({
        series: 'stress',
        atUs: second * 1_000_000 + 700_000,
        handshakeUs: 1_050_000,
        synRetransmits: 1,
        fate: 'recovered',
        endpoint: '10.0.0.1:3128',
        source: '',
        reuseAgeMs: null,
        sourceReuseAgeMs: null,
      })),
    );
    expect(summary.arms['stress']).toMatchObject({ scheduled: 45, started: 40, stalled: { count: 5 } });
  });

  it('keeps no more than 10,000 stalls one by one, and counts the others', async () => {
    const run = await openRun(makeFolder());
    const stall = {
      ...{ series: 'stress', atUs: 0, handshakeUs: 0, synRetransmits: 1, endpoint: '', source: '' },
      ...{ reuseAgeMs: null, sourceReuseAgeMs: null },
    };
    const stalls = Array.from({ length: 4_000 }, () => ({ ...stall, fate: 'frozen' as const }));
    for (const second of [0, 1, 2, 3]) {
      await run.append({ ...frameOf(second, {}), stallsLeftOut: 5 }, new Map(), stalls);
    }
    const kept = (await readFile(join(run.dir, FILES.stalls), 'utf8')).trimEnd().split('\n');
    expect(kept).toHaveLength(10_000);
    const frames = await collect(readFrames(run.dir));
    expect(frames.map(({ stallsLeftOut }) => stallsLeftOut)).toEqual([5, 5, 2_005, 4_005]);
  });

  it('cannot be made where there is a file in its way', async () => {
    const results = join(makeFolder(), 'results');
    await writeFile(results, '');
    const refusal = createSession(results, factsOf(), () => {});
    await expect(refusal).rejects.toBeInstanceOf(EnvironmentError);
    await expect(refusal).rejects.toMatchObject({
      message: expect.stringContaining(`cannot write results to ${results}`),
      hint: expect.stringContaining('--results'),
    });
  });
});

describe('secrets', () => {
  it('reach no file', async () => {
    const secrets = { Authorization: 'Basic c2VjcmV0MQ==', 'PROXY-authorization': 'Negotiate secret2' };
    const headers = Object.entries({
      ...secrets,
      Cookie: 'sid=secret3',
      'X-Api-Key': 'secret4',
      Accept: '*/*',
    });
    const request = { method: 'POST', version: '1.1', headers, body: 'password=secret5' } as const;
    const scenario = scenarioOf({ arms: [armOf({ request })], criteria: ['stress.unsent == 0'] });
    const { dir } = await recordRun(makeFolder(), 2, { scenario });
    const files = await readAll(dir);
    expect(Object.keys(files)).toHaveLength(5);
    for (const [name, text] of Object.entries(files)) {
      expect(text, name).not.toMatch(/secret\d|c2VjcmV0MQ/);
    }
    expect((await readRunInfo(dir)).scenario.arms[0]?.request).toEqual({
      method: 'POST',
      version: '1.1',
      headers: [
        ['Authorization', '[redacted]'],
        ['PROXY-authorization', '[redacted]'],
        ['Cookie', '[redacted]'],
        ['X-Api-Key', '[redacted]'],
        ['Accept', '*/*'],
      ],
      body: '[redacted]',
    });
  });

  it('are still sent: the scenario that was handed in stays as it was', async () => {
    const headers = [['Authorization', 'Basic c2VjcmV0MQ==']] as const;
    const arm = armOf({ request: { method: 'GET', version: '1.1', headers, body: '' } });
    const scenario = scenarioOf({ arms: [arm] });
    await openRun(makeFolder(), { scenario });
    expect(scenario.arms[0]?.request.headers[0]?.[1]).toBe('Basic c2VjcmV0MQ==');
  });
});

describe('reading a run', () => {
  it('makes the same summary anew as was stored', async () => {
    const scenario = scenarioOf({ criteria: ['stress.stalled.rate < 20%', '*.unsent == 0'] });
    const { dir, summary } = await recordRun(makeFolder(), 12, { scenario, label: 'before' });
    expect(await rebuildSummary(dir)).toEqual(summary);
    expect(await readSummary(dir)).toEqual(summary);
  });

  it('makes the same summary anew of an interrupted run, but for its end', async () => {
    const { dir, summary } = await recordRun(makeFolder(), 3, {}, 'interrupted');
    await rm(join(dir, FILES.summary));
    const rebuilt = await readSummary(dir);
    expect(rebuilt).toEqual(summary);
    expect(rebuilt.run.status).toBe('interrupted');
  });

  it('makes a summary of what there is so far of a run that is under way, and calls it running', async () => {
    const results = makeFolder();
    const scenario = scenarioOf({ criteria: ['*.unsent == 0'] });
    const run = await openRun(results, { scenario });
    await run.append(frameOf(0, { stress: fine(3) }), new Map(), []);
    const { run: about, arms, verdict } = await readSummary(run.dir);
    expect(about).toMatchObject({ status: 'running', endedAt: '2025-01-31T06:00:01.250Z' });
    expect((await listRuns(results))[0]?.status).toBe('running');
    expect(arms['stress']?.started).toBe(3);
    expect(verdict).toMatchObject({ pass: null, reasons: ['the run is still in progress'] });
  });

  it('takes a run for over whose summary stands, though it was killed right after', async () => {
    const results = makeFolder();
    const { dir } = await recordRun(results, 2);
    const { endedAt: _, ...info } = await readRunInfo(dir);
    const gone = { ...info, status: 'running', process: { ...info.process, bootId: 'earlier' } };
    await writeFile(join(dir, FILES.info), JSON.stringify(gone));
    expect((await readSummary(dir)).run.status).toBe('complete');
    expect((await listRuns(results))[0]?.status).toBe('complete');
  });

  it('makes the summaries of the samples that come with rushhour anew', async () => {
    const samples = await listRuns(fileURLToPath(new URL('../../results/samples', import.meta.url)));
    expect(samples).toHaveLength(2);
    for (const { dir } of samples) {
      const stored = JSON.parse(await readFile(join(dir, FILES.summary), 'utf8'));
      // Later versions add fields, but change none.
      expect(await rebuildSummary(dir)).toMatchObject(stored);
    }
  });

  it('takes a torn summary for none', async () => {
    const { dir, summary } = await recordRun(makeFolder(), 3);
    await truncate(join(dir, FILES.summary), 100);
    expect(await readSummary(dir)).toEqual(summary);
  });

  it('passes over a last frame that was torn, wherever', async () => {
    const run = await openRun(makeFolder());
    const path = join(run.dir, FILES.frames);
    await run.append(frameOf(0, { stress: fine(3) }), new Map(), []);
    const { length } = await readFile(path);
    await run.append(frameOf(1, { stress: fine(4) }), new Map(), []);
    const text = await readFile(path, 'utf8');
    for (let end = length; end < text.length - 1; end += 13) {
      await writeFile(path, text.slice(0, end));
      const frames = await collect(readFrames(run.dir));
      expect(
        frames.map(({ second }) => second),
        `torn after ${end} bytes`,
      ).toEqual([0]);
    }
  });

  it('leaves histograms of a second out whose frame was not written any more', async () => {
    const { dir, summary } = await recordRun(makeFolder(), 3);
    const frames = (await readFile(join(dir, FILES.frames), 'utf8')).split('\n');
    await writeFile(join(dir, FILES.frames), `${frames.slice(0, 2).join('\n')}\n${frames[2]!.slice(0, 50)}`);
    await appendFile(join(dir, FILES.latency), 'Tag=stress.total,3.000,1.000,1.2');
    const rebuilt = await rebuildSummary(dir);
    expect(summary.arms['stress']?.handshakeUs.count).toBe(21);
    expect(rebuilt.arms['stress']).toMatchObject({ scheduled: 18, handshakeUs: { count: 14 } });
  });

  it('makes do with a run that was killed before its first second', async () => {
    const { dir } = await openRun(makeFolder());
    const info = await readRunInfo(dir);
    await writeFile(
      join(dir, FILES.info),
      JSON.stringify({ ...info, process: { ...info.process, startTicks: '1' } }),
    );
    for (const file of [FILES.frames, FILES.latency]) await rm(join(dir, file));
    const { run, arms } = await readSummary(dir);
    expect(run).toMatchObject({ status: 'interrupted', endedAt: info.startedAt });
    expect(arms['stress']).toMatchObject({ scheduled: 0, started: 0 });
  });

  it('refuses a folder that holds no run, or one of another schema', async () => {
    const dir = join(makeFolder(), 'folder');
    await mkdir(dir);
    await expect(readRunInfo(dir)).rejects.toBeInstanceOf(UsageError);
    await expect(readRunInfo(dir)).rejects.toThrow(/folder is not a run: it contains no run.json/);
    for (const text of ['{"schema":2}', 'null', '[]']) {
      await writeFile(join(dir, FILES.info), text);
      await expect(readRunInfo(dir)).rejects.toBeInstanceOf(UsageError);
      await expect(readSummary(dir)).rejects.toThrow(
        /run.json: (schema should be 1|it should be an object)$/,
      );
    }
  });
});
