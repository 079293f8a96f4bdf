import { cp, mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { listRuns } from '../../src/read/listing.ts';
import { FILES } from '../../src/store/files.ts';
import { changeNotes } from '../../src/store/notes.ts';
import { createFakeHost } from '../cli/fake-host.ts';
import { openSite } from '../serve/site.ts';
import { damage } from './damage.ts';
import { makeExperiment } from './experiments.ts';
import { makeFolder, recordRun } from './runs.ts';
import { endSoak, openSoak, push } from './soaks.ts';

const TABLES = ['frames', 'arms', 'statuses', 'stalls', 'latency'];

/** Commands that read a folder of results, of one run and of all: a dozen, of the tables one at a time. */
const commandsOn = (damaged: string, whole: string, turn: number): string[][] => [
  ...[['results'], ['results', '--json'], ['results', 'show'], ['results', 'show', damaged]],
  ...[
    ['results', 'show', damaged, '--json'],
    ['report', damaged],
  ],
  ...[
    ['compare', damaged, whole],
    ['compare', whole, damaged, '--json'],
  ],
  ['export', damaged, '--what', TABLES[turn % TABLES.length]!],
  ...[['trend'], ['trend', `${damaged},${whole}`], ['results', 'prune', '--keep', '1', '--dry-run']],
];

const PAGES = ['/', '/api/runs', '/runs/hurt', '/runs/hurt/report', '/api/runs/hurt/summary', '/live'];

async function call(results: string, args: readonly string[]) {
  const host = createFakeHost({ cwd: results });
  const code = await runCli([...args, '--results', results], host);
  return { code, out: host.stdout.text, err: host.stderr.text };
}

/** Three runs of one scenario and a night, recorded once and copied for each trial. */
async function recordAll(): Promise<{ run: string; soak: string }> {
  const [results, nights] = [makeFolder(), makeFolder()];
  const { dir } = await recordRun(results, 6);
  await changeNotes(dir, { label: 'named later', note: 'for a ticket' });
  const writer = await openSoak(nights);
  await push(writer, 0, 30);
  writer.event({
    ...{ kind: 'link-down', at: '2025-01-31T01:30:09.000Z', fromSec: 9, toSec: 11 },
    ...{ setsAside: true, text: 'eth0 lost its carrier' },
  });
  await endSoak(writer);
  return { run: dir, soak: writer.dir };
}

const SEEDS = 50;

describe('a damaged folder', () => {
  it('is an internal fault of no command, in whatever way it is damaged, and hides no other', async () => {
    const { run, soak } = await recordAll();
    const faults: string[] = [];
    const results = makeFolder();
    const hurt = join(results, 'hurt');
    // Nothing writes to it: it is the same for all.
    await cp(run, join(results, 'whole'), { recursive: true });
    for (let seed = 1; seed <= SEEDS; seed += 1) {
      await cp(seed % 3 === 0 ? soak : run, hurt, { recursive: true });
      const done = damage(hurt, seed);
      for (const args of commandsOn(hurt, join(results, 'whole'), seed)) {
        const { code, err } = await call(results, args);
        if (![0, 2, 3, 4, 5].includes(code)) faults.push(`${seed} ${done} — ${args.join(' ')}: ${err}`);
      }
      expect(await listRuns(results), done).toContainEqual(
        expect.objectContaining({ dir: join(results, 'whole') }),
      );
      await rm(hurt, { recursive: true });
    }
    expect(faults).toEqual([]);
  });

  it('is an internal fault of no page', async () => {
    const { run, soak } = await recordAll();
    for (let seed = 101; seed <= 120; seed += 1) {
      const results = makeFolder();
      await cp(seed % 3 === 0 ? soak : run, join(results, 'hurt'), { recursive: true });
      const done = damage(join(results, 'hurt'), seed);
      const site = await openSite(results);
      for (const page of PAGES) {
        const { status } = await site.get(page);
        expect(status, `${seed} ${done} — ${page}: ${site.faults}`).not.toBe(500);
      }
      expect(site.faults, `${seed} ${done}`).toEqual([]);
    }
  });

  it('is named, and what is wrong with it, beside the others', async () => {
    const results = makeFolder();
    const { id } = await recordRun(results, 2);
    await recordRun(results, 2, { label: 'broken' });
    const [, broken = ''] = (await readdir(results)).sort();
    await writeFile(join(results, broken, FILES.info), '{"schema":1,"id":"x","scenario":{"arms":null}}');
    const { code, out, err } = await call(results, ['results']);
    expect(code).toBe(0);
    expect(out).toContain(id);
    expect(err).toMatch(new RegExp(`${broken} is damaged: run.json: scenario.name`));
    const shown = await call(results, ['results', 'show', broken]);
    expect(shown.code).toBe(2);
    expect(shown.err).toContain(`${broken} is damaged: run.json`);
    const site = await openSite(results);
    expect(await (await site.get('/')).text()).toContain(`<code>${broken}</code>: run.json: scenario.name`);
    expect(await (await site.get('/api/runs')).json()).toMatchObject({ damaged: [{ folder: broken }] });
  });

  it('is read from its frames where its summary is damaged, and that is said', async () => {
    const results = makeFolder();
    const { dir, summary } = await recordRun(results, 3);
    await writeFile(join(dir, FILES.summary), '{"schema":1,"arms":7}');
    const { code, out, err } = await call(results, ['results', 'show', dir, '--json']);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual(summary);
    expect((await call(results, ['results'])).err).toContain('summary.json: ');
  });

  it.each([
    ['a text where a number belongs', { arms: { stress: { started: 'x' } } }, 'started should be a number'],
    ['a part that is missing', { verdict: undefined }, 'summary.json: verdict is missing'],
    ['an unknown word', { run: { status: 'x' } }, 'status should be running or complete or'],
    ['something else', { latenessUs: [] }, 'latenessUs should be an object'],
    ['a moment that is none', { run: { startedAt: '9999-99-99T99' } }, 'startedAt is no moment'],
    ['a name too long to show', { arms: { ['x'.repeat(5_000)]: {} } }, `arms.${'x'.repeat(40)}... `],
  ])('is said in words that name the place: %s', async (_, change, told) => {
    const results = makeFolder();
    const { dir, summary } = await recordRun(results, 1);
    const merge = (value: unknown, part: unknown): unknown =>
      typeof part === 'object' && part !== null && !Array.isArray(part)
        ? {
            ...(value as object),
            ...Object.fromEntries(
              Object.entries(part).map(([key, inner]) => [
                key,
                merge((value as Record<string, unknown> | undefined)?.[key], inner),
              ]),
            ),
          }
        : part;
    await writeFile(join(dir, FILES.summary), JSON.stringify(merge(summary, change)));
    const { code, err } = await call(results, ['results']);
    expect(code).toBe(0);
    expect(err).toContain(told);
    expect(err).not.toMatch(/invalid|expected|received/i);
  });

  it('is told from a folder that holds no run', async () => {
    const results = makeFolder();
    await mkdir(join(results, 'experiments'));
    expect((await call(results, ['results'])).err).toMatch(/^There are no runs/);
  });
});

describe('a damaged experiment', () => {
  const file = (results: string) => join(results, 'experiments', 'hurt.json');

  it('is an internal fault of nothing that reads it, in whatever way it is damaged', async () => {
    const results = makeFolder();
    await recordRun(results, 2);
    const faults: string[] = [];
    for (let seed = 1; seed <= 2 * SEEDS; seed += 1) {
      await rm(join(results, 'experiments'), { recursive: true, force: true });
      await makeExperiment(file(results));
      const done = damage(join(results, 'experiments'), seed);
      for (const args of [
        ['results', 'prune', '--keep', '1', '--dry-run'],
        ['experiment', '--resume', 'hurt', '--dry-run'],
      ]) {
        const { code, err } = await call(results, args);
        if (![0, 2, 5].includes(code)) faults.push(`${seed} ${done} — ${args.join(' ')}: ${err}`);
      }
    }
    expect(faults).toEqual([]);
  });

  it('is named where it is asked for, and where runs that it may need are removed', async () => {
    const results = makeFolder();
    const { id } = await recordRun(results, 2);
    await recordRun(results, 2);
    const prune = () => call(results, ['results', 'prune', '--keep', '1', '--dry-run']);
    await makeExperiment(file(results), { runId: id });
    expect((await prune()).out).toContain('part of experiment hurt, which is unfinished');
    for (const [broken, why] of [
      [{ steps: null }, 'steps should be a list'],
      [{ sides: { a: { command: 'true', label: 'a' } } }, 'sides.b is missing'],
      [{ id: 'other' }, 'its id does not match its file name'],
      [{ runId: '../../elsewhere' }, 'steps.0.runId does not have the expected form'],
    ] as const) {
      await makeExperiment(file(results), broken);
      expect((await prune()).err).toContain(`experiments/hurt.json is damaged: ${why}`);
      const { code, err } = await call(results, ['experiment', '--resume', 'hu']);
      expect([code, err]).toEqual([2, expect.stringContaining(`experiments/hurt.json is damaged: ${why}`)]);
    }
  });
});
