import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { labelOfPart } from '../../src/store/fleet-file.ts';
import { keepFleet, type PlayedSecond, partOf, RUN, recordPart } from '../read/fleet/fleets.ts';
import { openSite } from '../serve/site.ts';
import { makeFolder, recordRun } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const LATER = '20250201-060000-steady-p7wm';
const LAST = '20250202-060000-steady-m2xq';
const SECONDS: PlayedSecond[] = Array.from({ length: 12 }, () => ({
  ...{ ok: 200, recovered: 0, reset: 0, unsent: 0 },
}));
const PROBES = ['leeds-1', 'york-1'];
const startOf = (id: string): number =>
  Date.UTC(2025, id.startsWith('202501') ? 0 : 1, Number(id.slice(6, 8)), 6);

async function cli(dir: string, ...args: string[]) {
  const host = createFakeHost({ cwd: dir, columns: 200 });
  const exitCode = await runCli([...args], host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

async function keep(results: string, id: string, label: string): Promise<void> {
  const startsAtMs = startOf(id);
  for (const probe of PROBES) {
    const facts = { label: labelOfPart(label, probe, id), startedAt: new Date(startsAtMs).toISOString() };
    await recordPart(results, probe, SECONDS, { id, facts });
  }
  await keepFleet(
    results,
    PROBES.map((probe) => partOf(probe)),
    { id, startsAtMs },
  );
}

describe('the label of a fleet’s run', () => {
  it('is shown with the run, and in lists', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN, 'timer 1 s <b>');
    await keep(results, LATER, '');
    expect((await cli(dir, 'results', 'show', RUN)).out).toContain(
      `${RUN}\n  test (timer 1 s <b>), 2025-01-31 06:00:00 UTC\n`,
    );
    expect((await cli(dir, 'diagnose', RUN)).out).toContain(`\n  run ${RUN} (timer 1 s <b>)\n`);
    const told = JSON.parse((await cli(dir, 'results', 'show', RUN, '--json')).out);
    expect(told.run.label).toBe('timer 1 s <b>');
    expect(JSON.parse((await cli(dir, 'results', 'show', LATER, '--json')).out).run.label).toBe('');
    const site = await openSite(results);
    expect(await (await site.get('/')).text()).toContain(`>${RUN}</a> (timer 1 s &lt;b&gt;): 2025-01-31`);
    expect(await (await site.get(`/fleets/${RUN}`)).text()).toContain('(timer 1 s &lt;b&gt;), 2025-01-31');
    await cli(dir, 'results', 'label', LATER, 'timer 60 s');
    expect((await cli(dir, 'results')).out).toMatch(new RegExp(`^${LATER} .* timer 60 s$`, 'm'));
  });

  it('finds the run: the latest with it, and of a trend all', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN, 'timer 1 s');
    await keep(results, LATER, 'timer 1 s');
    await keep(results, LAST, 'timer 60 s');
    for (const args of [
      ['results', 'show'],
      ['diagnose', '--json'],
    ]) {
      const shown = await cli(dir, ...args, 'timer 1 s');
      expect(shown, args.join(' ')).toMatchObject({ exitCode: 0, err: '' });
      expect(shown.out).toContain(LATER);
    }
    expect((await cli(dir, 'diagnose', 'timer 1')).err).toContain(
      `"timer 1" matches 2 runs of fleets: ${RUN}, ${LATER}`,
    );
    expect((await cli(dir, 'results', 'show', 'timer 60')).out).toContain(LAST);
    const compared = await cli(dir, 'compare', 'timer 1 s', 'timer 60 s', '--json');
    expect(JSON.parse(compared.out)).toMatchObject({ before: LATER, after: LAST });
    const trend = JSON.parse((await cli(dir, 'trend', 'timer 1 s', '--json')).out);
    expect(trend.probes[0].trend.nights).toHaveLength(2);
    expect((await cli(dir, 'export', 'timer 60 s')).err).toContain(`${LAST} is the run of a fleet`);
    // A later run of one machine has it now.
    const { id } = await recordRun(results, 5, { startedAt: '2025-02-03T06:00:00.000Z', label: 'timer 1 s' });
    expect(JSON.parse((await cli(dir, 'results', 'show', 'timer 1 s', '--json')).out).run.id).toBe(id);
  });

  it('or the start of its id hides no run of one machine', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    await keep(results, RUN, '');
    const { id } = await recordRun(results, 5, { startedAt: '2025-01-31T06:00:00.000Z' });
    const [start] = RUN.split('-steady');
    await cli(dir, 'results', 'label', id, RUN.slice(0, -5));
    const shown = await cli(dir, 'results', 'show', RUN.slice(0, -5), '--json');
    expect(JSON.parse(shown.out).run.id).toBe(id);
    expect((await cli(dir, 'results', 'show', start!)).err).toContain(
      `"${start}" matches 2 runs: ${RUN}, ${id}`,
    );
  });
});

describe('the list of runs', () => {
  it('has those of fleets below it, one that every probe refused included', async () => {
    const dir = makeFolder();
    const results = join(dir, 'results');
    const refused = { kind: 'refused', reasons: ['no'] } as const;
    const parts = PROBES.map((probe) => partOf(probe, { events: [refused] }));
    await keepFleet(results, parts, { id: LAST, startsAtMs: startOf(LAST) });
    const alone = await cli(dir, 'results');
    expect(alone).toMatchObject({ exitCode: 0, err: '' });
    expect(alone.out).toMatch(
      new RegExp(
        `^run of a fleet +started +probes +label\n${LAST} +2025-02-02 06:00:00 UTC +0 of 2 complete, 2 refused *\n$`,
      ),
    );
    expect((await cli(dir, 'results', 'show')).out).toContain(LAST);
    expect((await cli(dir, 'results', '--json')).out).toBe('[]\n');

    await keep(results, RUN, 'timer 1 s');
    await keepFleet(
      results,
      [
        partOf('leeds-1'),
        partOf('york-1', {
          copy: {
            hasEnded: true,
            missing: [{ file: 'frames.jsonl', fromByte: 0, toByte: 9 }],
            differing: [],
          },
        }),
      ],
      { id: RUN, startsAtMs: startOf(RUN), absent: [{ probe: 'hull-1', labels: {}, why: 'no-answer' }] },
    );
    const { out } = await cli(dir, 'results');
    expect(out).toMatch(
      new RegExp(
        `\n\nrun of a fleet .*\n${RUN} .* 1 of 3 complete, 1 no answer, 1 incomplete +timer 1 s\n${LAST} `,
      ),
    );
    expect((await cli(dir, 'results', '--label', 'timer 1 s')).out).toMatch(
      new RegExp(`^run of a fleet .*\n${RUN} .*\n$`),
    );
    expect((await cli(dir, 'results', '--label', 'timer 60 s')).err).toBe(
      `None of the 2 runs in ${results} match.\n`,
    );
    expect((await cli(dir, 'results', '--since', '2025-02-01')).out).toMatch(
      new RegExp(`^run of a fleet .*\n${LAST} .*\n$`),
    );
    expect((await cli(dir, 'results', 'show')).out.split('\n')[0]).toBe(RUN);
    expect((await cli(dir, 'results', '--names')).out).toBe(
      PROBES.map((probe) => `${RUN}-${probe}\n`).join(''),
    );
  });
});
