import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { listRuns } from '../../src/read/listing.ts';
import { readSummary } from '../../src/read/summary.ts';
import { FILES } from '../../src/store/files.ts';
import { markProcess, readStatus } from '../../src/store/process-mark.ts';
import { readFrames, readRunInfo } from '../../src/store/read-info.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { collect, factsOf, makeFolder } from './runs.ts';

/** Opens a run and writes second after second, as fast as it can, telling of each; bounded should nobody kill it. */
const WRITER = `
  const dist = process.argv[1];
  const { createSession } = await import(dist + 'store/session-create.js');
  const { emptyCounts } = await import(dist + 'metrics/counts.js');
  const { createHistogram, encodeHistogram, recordUs } = await import(dist + 'metrics/histogram.js');
  const run = await createSession(process.argv[2], JSON.parse(process.argv[3]), () => {});
  const histogram = createHistogram();
  for (let value = 1; value < 2000; value += 1) recordUs(histogram, value * value);
  const handshake = { text: encodeHistogram(histogram), maxUs: histogram.maxValue };
  const counts = { ...emptyCounts(), scheduled: 10, started: 10, established: 10 };
  console.log(run.dir);
  for (let second = 0; second < 20000; second += 1) {
    const frame = { second, series: { stress: counts }, open: 0, stallsLeftOut: 0 };
    await run.append(frame, new Map([['stress.handshake', handshake]]), []);
    console.log(second);
  }
`;

describe('a run that was killed while it wrote', () => {
  it('keeps every second that it had finished, and reads as interrupted', async () => {
    const results = makeFolder();
    const dist = new URL('../../dist/', import.meta.url).href;
    const args = ['--input-type=module', '-e', WRITER, dist, results, JSON.stringify(factsOf())];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    const gone = once(child, 'exit');
    let dir = '';
    let told = -1;
    for await (const line of createInterface({ input: child.stdout })) {
      if (dir === '') {
        dir = line;
        expect(readStatus(await readRunInfo(dir))).toBe('running');
      } else told = Number(line);
      if (told >= 150) child.kill('SIGKILL');
    }
    expect(await gone).toEqual([null, 'SIGKILL']);

    const seconds = (await collect(readFrames(dir))).map(({ second }) => second);
    expect(seconds).toEqual(seconds.map((_, index) => index));
    expect(seconds.length).toBeGreaterThan(told);
    const whole = (await readFile(join(dir, FILES.frames), 'utf8')).split('\n').length - 1;
    expect(seconds.length).toBeGreaterThanOrEqual(whole);

    expect((await readRunInfo(dir)).status).toBe('running');
    const summary = await readSummary(dir);
    expect(summary.run).toMatchObject({
      status: 'interrupted',
      endedAt: new Date(Date.parse('2025-01-31T06:00:00.250Z') + seconds.length * 1_000).toISOString(),
    });
    expect(summary.arms['stress']).toMatchObject({
      started: seconds.length * 10,
      handshakeUs: { count: seconds.length * 1_999 },
    });
    expect(await listRuns(results)).toMatchObject([{ dir, status: 'interrupted', verdict: undefined }]);
  });
});

suiteNeeding('whether a run still runs', ['linux'], () => {
  const statusOf = (mark: ReturnType<typeof markProcess>) => readStatus({ status: 'running', process: mark });

  it('is so while its process lives', () => {
    expect(statusOf(markProcess())).toBe('running');
    expect(statusOf(markProcess(1))).toBe('running');
  });

  it('is not so where its number went to another process', () => {
    const mark = markProcess();
    expect(statusOf({ ...mark, startTicks: String(Number(mark.startTicks) - 1) })).toBe('interrupted');
  });

  it('is not so after a boot, or on another machine', () => {
    expect(statusOf({ ...markProcess(), bootId: '00000000-0000-0000-0000-000000000000' })).toBe(
      'interrupted',
    );
  });

  it('is not so where its process is dead and only waits to be reaped', () => {
    const child = spawn('cat', { stdio: ['pipe', 'ignore', 'ignore'] });
    const mark = markProcess(child.pid!);
    expect(statusOf(mark)).toBe('running');
    child.kill('SIGKILL');
    // Until this function returns nobody reaps it.
    const state = () => readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(') ')[1]?.[0];
    const deadline = performance.now() + 10_000;
    while (state() !== 'Z' && performance.now() < deadline);
    expect(state()).toBe('Z');
    expect(statusOf(mark)).toBe('interrupted');
  });

  it('is what run.json says once that says anything else', () => {
    for (const status of ['complete', 'interrupted', 'failed'] as const) {
      expect(readStatus({ status, process: markProcess() })).toBe(status);
    }
  });
});
