import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { type Nginx, startNginx } from '../peers/nginx.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

suiteNeeding('an interrupted run', ['linux', 'nginx'], () => {
  let nginx: Nginx;
  let place: Workplace;
  beforeAll(async () => {
    nginx = await startNginx();
    place = makeWorkplace();
  });
  afterAll(async () => {
    await nginx.stop();
    await place.clean();
  });

  const begin = async (label: string) => {
    const url = `http://127.0.0.1:${nginx.port}/`;
    const run = place.start([
      'hit',
      url,
      '--rate',
      '200/s',
      '-t',
      '60',
      '--label',
      label,
      '--results',
      place.results,
    ]);
    await place.recorded(2, label);
    return run;
  };

  it('by Ctrl-C drains, writes a full summary and exits 130', async () => {
    const run = await begin('ctrl-c');
    run.child.kill('SIGINT');
    const { code } = await run.finished;
    expect(code).toBe(130);
    const dir = await place.recorded(2, 'ctrl-c');
    const summary = JSON.parse(await readFile(join(dir, 'summary.json'), 'utf8')) as Summary;
    const arm = summary.arms['hit']!;
    expect(summary.run.status).toBe('interrupted');
    expect(arm.scheduled).toBeGreaterThan(300);
    expect(arm.outcomes.ok).toBe(arm.scheduled);
  });

  it('that asks why ends by Ctrl-C with what it has seen, and its records can be read', async () => {
    const run = place.start([
      ...['run', 'diagnose', '--via', 'direct', '--target', `http://127.0.0.1:${nginx.port}/`],
      ...['--rate', '60/s', '--label', 'why', '--results', place.results],
    ]);
    await place.recorded(4, 'why');
    run.child.kill('SIGINT');
    const { code, stdout } = await run.finished;
    expect({ code, stdout }).toMatchObject({ code: 130, stdout: expect.stringMatching(/^NO VERDICT/) });
    const dir = await place.recorded(4, 'why');
    const summary = JSON.parse(await readFile(join(dir, 'summary.json'), 'utf8')) as Summary;
    expect(summary.run.status).toBe('interrupted');
    const { started, outcomes } = summary.arms['baseline']!;
    expect(started).toBeGreaterThan(100);
    expect(outcomes.ok).toBe(started);
    // The second stage never began; the first one is told of.
    const info = JSON.parse(await readFile(join(dir, 'run.json'), 'utf8'));
    expect(info.inquiry.stages.map(({ id }: { readonly id: string }) => id)).toEqual(['baseline']);
    const shown = await place.run(['diagnose', 'why', '--results', place.results]);
    expect(shown).toMatchObject({ code: 0, stdout: expect.stringContaining('Healthy: none of') });
  });

  it('by kill -9 is listed as interrupted, and its summary is rebuilt from every frame that was written', async () => {
    const run = await begin('killed');
    run.child.kill('SIGKILL');
    await run.finished;
    const dir = await place.recorded(2, 'killed');
    const frames = (await readFile(join(dir, 'frames.jsonl'), 'utf8'))
      .split('\n')
      .filter((line) => line.endsWith('}'))
      .map((line) => JSON.parse(line) as { series: { hit?: { started?: number } } });
    const started = frames.reduce((sum, frame) => sum + (frame.series.hit?.started ?? 0), 0);

    const list = await place.run(['results', '--results', place.results]);
    expect(list.stdout).toMatch(/killed.*interrupted|interrupted.*killed/);
    const shown = await place.run(['results', 'show', 'killed', '--json', '--results', place.results]);
    const summary = JSON.parse(shown.stdout) as Summary;
    expect(summary.run.status).toBe('interrupted');
    expect(summary.arms['hit']?.started).toBe(started);
    expect(summary.arms['hit']?.handshakeUs.count).toBe(summary.arms['hit']?.established);
    expect(started).toBeGreaterThan(300);
  });
});
