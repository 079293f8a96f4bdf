import { cpSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { listFigures } from '../../src/analysis/compare/arm-figures.ts';
import { quantileAt } from '../../src/analysis/compare/time-sample.ts';
import type { Frame } from '../../src/metrics/types.ts';
import { findRuns } from '../../src/read/find-runs.ts';
import { readRunTimeSeries } from '../../src/read/time-series.ts';
import { makeFolder, recordRun } from '../store/runs.ts';

const SAMPLES = fileURLToPath(new URL('../../results/samples', import.meta.url));
const [BEFORE = '', AFTER = ''] = readdirSync(SAMPLES)
  .sort()
  .map((name) => join(SAMPLES, name));

const sum = (values: Float64Array): number => values.reduce((total, value) => total + value, 0);

describe('the course of a real run', () => {
  it('adds up to its summary', async () => {
    const { facts, arms } = await readRunTimeSeries(BEFORE);
    const { cells, summary } = arms.get('traffic')!;
    expect(facts.run.label).toBe('before: one SYN in 50 lost');
    expect(facts.host['net.ipv4.tcp_syn_retries']).toBe('6');
    expect(cells.seconds).toBe(30);
    for (const key of ['scheduled', 'started', 'completed'] as const) {
      expect(sum(cells.column(key))).toBe(summary[key]);
    }
    expect(sum(cells.column('stalled'))).toBe(summary.stalled.count);
    expect(sum(cells.column('outcomes.ok'))).toBe(summary.outcomes.ok);
  });

  it('has answers by status, and runs from before they were counted have none', async () => {
    const old = (await readRunTimeSeries(BEFORE)).arms.get('traffic')!;
    expect(old.cells.keys.filter((key) => /tatuses/.test(key))).toEqual([]);
    expect(listFigures([old]).filter(({ name }) => /tatuses/.test(name))).toEqual([]);
    const { dir } = await recordRun(makeFolder(), 5);
    const { cells } = (await readRunTimeSeries(dir)).arms.get('stress')!;
    expect([sum(cells.column('statuses.200')), sum(cells.column('statuses.*'))]).toEqual([35, 35]);
  });

  it('has requests that were sent again, and offers of other schemes, where there were any', async () => {
    const { dir } = await recordRun(makeFolder(), 5);
    const frames = join(dir, 'frames.jsonl');
    const offering = readFileSync(frames, 'utf8')
      .replaceAll('"schemesOffered":{}', '"schemesOffered":{"Digest, NTLM":2}')
      .replaceAll('"requestRetransmits":{"0":', '"requestRetransmits":{"2":1,"0":');
    writeFileSync(frames, offering);
    const course = (await readRunTimeSeries(dir)).arms.get('stress')!;
    expect(sum(course.cells.column('schemesOffered.Digest, NTLM'))).toBe(10);
    expect(sum(course.cells.column('requestsResent'))).toBe(5);
    const names = listFigures([course]).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['schemesOffered.Digest, NTLM', 'requestsResent.rate']));
    const old = (await readRunTimeSeries(BEFORE)).arms.get('traffic')!;
    expect(listFigures([old]).map(({ name }) => name)).not.toContain('requestsResent.rate');
  });

  it('has what browsers hold and do, where it was counted', async () => {
    const { dir } = await recordRun(makeFolder(), 5);
    const frames = join(dir, 'frames.jsonl');
    const old = (await readRunTimeSeries(dir)).arms.get('stress')!;
    const counted = '"browsing":{"openMost":9,"openLast":6,"pages":2},"outcomes":';
    writeFileSync(frames, readFileSync(frames, 'utf8').replaceAll('"outcomes":', counted));
    const course = (await readRunTimeSeries(dir)).arms.get('stress')!;
    const measured = listFigures([course]).map((figure) => [
      figure.name,
      figure.measure([course], 'seconds'),
    ]);
    const { seconds } = course.cells;
    expect(Object.fromEntries(measured)).toMatchObject({
      'browsing.connectionsPerPage': { value: sum(course.cells.column('started')) / (2 * seconds) },
      'ports.open.mean': { value: 6, whole: seconds },
    });
    expect(listFigures([old]).map(({ name }) => name)).not.toContain('ports.open.mean');
  });

  it('has the times that the summary has', async () => {
    const { arms } = await readRunTimeSeries(BEFORE);
    const { times, summary } = arms.get('traffic')!;
    const { counts, quantiles, spectrum } = times.get('handshakeUs')!;
    expect(counts.reduce((total, count) => total + count, 0)).toBe(summary.handshakeUs.count);
    expect(quantiles.get('p99')?.us).toBe(summary.handshakeUs.p99);
    const below = quantiles.get('p90')!.atMost.reduce((total, count) => total + count, 0);
    expect(below / summary.handshakeUs.count).toBeCloseTo(0.9, 2);
    // A spectrum tells the lower end of what the histogram does not tell apart, to within 0.1 %.
    expect(quantileAt(spectrum, 0.9) / summary.handshakeUs.p90).toBeCloseTo(1, 2);
    expect([...arms.get('control')!.times.keys()]).toEqual(['handshakeUs', 'totalUs']);
  });

  it('counts connections that another carried on neither as completed nor as failed', async () => {
    const dir = join(makeFolder(), 'closing');
    cpSync(BEFORE, dir, { recursive: true });
    const info = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'));
    for (const arm of info.scenario.arms) arm.auth = { scheme: 'basic' };
    writeFileSync(join(dir, 'run.json'), JSON.stringify(info));
    const frames = readFileSync(join(dir, 'frames.jsonl'), 'utf8').trim().split('\n');
    const doubled = frames.map((line) => {
      const frame = JSON.parse(line) as Frame;
      for (const counts of Object.values(frame.series)) {
        counts.outcomes['proxy-closed-after-407'] = counts.started;
        counts.scheduled += counts.started;
        counts.started *= 2;
      }
      return `${JSON.stringify(frame)}\n`;
    });
    writeFileSync(join(dir, 'frames.jsonl'), doubled.join(''));
    const [plain, closing] = [await readRunTimeSeries(BEFORE), await readRunTimeSeries(dir)];
    const shareOf = (run: typeof plain): number | undefined => {
      const arm = run.arms.get('traffic')!;
      return listFigures([arm])
        .find(({ name }) => name === 'completedShare')
        ?.measure([arm], 'seconds')?.value;
    };
    expect(shareOf(plain)).toBe(plain.arms.get('traffic')!.summary.completedShare);
    expect(shareOf(closing)).toBe(shareOf(plain));
  });

  it('is what there is of a run that was killed', async () => {
    const dir = join(makeFolder(), 'killed');
    cpSync(BEFORE, dir, { recursive: true });
    rmSync(join(dir, 'summary.json'));
    const frames = join(dir, 'frames.jsonl');
    truncateSync(frames, Math.round(statSync(frames).size * 0.7));
    const { arms } = await readRunTimeSeries(dir);
    const { cells, summary } = arms.get('traffic')!;
    expect(cells.seconds).toBeLessThan(25);
    expect(sum(cells.column('started'))).toBe(summary.started);
    expect(arms.get('traffic')!.times.get('totalUs')!.counts.length).toBe(cells.seconds);
  });
});

describe('finding runs', () => {
  it('takes folders, ids, starts, labels, patterns and lists', async () => {
    const ids = [BEFORE, AFTER];
    expect(await findRuns(BEFORE, '/nowhere')).toEqual([BEFORE]);
    expect(await findRuns('20261121-0520', SAMPLES)).toEqual([BEFORE]);
    expect(await findRuns('before', SAMPLES)).toEqual([BEFORE]);
    expect(await findRuns('after: none lost', SAMPLES)).toEqual([AFTER]);
    expect(await findRuns('*-steady', SAMPLES)).toEqual(ids);
    expect(await findRuns('2026*0521??-steady', SAMPLES)).toEqual([AFTER]);
    expect(await findRuns('before, after', SAMPLES)).toEqual(ids);
    expect(await findRuns(join(SAMPLES, '*-steady'), '/nowhere')).toEqual(ids);
  });

  it('takes a label for every run that has it', async () => {
    const dir = makeFolder();
    for (const name of ['one', 'two']) cpSync(BEFORE, join(dir, name), { recursive: true });
    expect(await findRuns('before: one SYN in 50 lost', dir)).toEqual([join(dir, 'one'), join(dir, 'two')]);
  });

  it('says where nothing fits', async () => {
    await expect(findRuns('non*', SAMPLES)).rejects.toThrow('matches "non*"');
    await expect(findRuns('befor,nothing', SAMPLES)).rejects.toThrow('there is no run "nothing"');
  });
});
