import { readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/analysis/compare/types.ts';
import type { ExperimentState } from '../../src/store/experiment-file.ts';
import { makeWorkplace, type Workplace } from './rushhour.ts';

/** Exit codes of an experiment that came to its end; a machine that others load, too, may be the bottleneck. */
const OVER = [0, 4];

/** Few attempts: how an experiment goes on is the same with any number. */
const FEW = `
schema: 1
farEnd: embedded
target: /
arms:
  few:
    via: proxy
    load: [{ hold: { rate: 20/s, for: 2s } }]
`;

describe('rushhour experiment', () => {
  let place: Workplace;
  let few: string;
  beforeEach(async () => {
    place = makeWorkplace();
    few = await place.scenario('few', FEW);
  });
  afterEach(() => place.clean());

  /** Each switch leaves a line. */
  const begin = (...more: string[]): string[] => [
    ...['experiment', few, '--settle', '100ms', '--quiet', '--json'],
    ...['--a', `echo a >> ${place.dir}/switches`, '--b', `echo b >> ${place.dir}/switches`],
    ...['--label-b', 'after, "b"'],
    ...['--results', place.results, ...more],
  ];
  const switches = async (): Promise<string[]> =>
    (await readFile(join(place.dir, 'switches'), 'utf8')).trim().split('\n');

  const readState = async (): Promise<ExperimentState> => {
    const dir = join(place.results, 'experiments');
    const name = (await readdir(dir)).find((file) => file.endsWith('.json')) ?? '';
    return JSON.parse(await readFile(join(dir, name), 'utf8'));
  };
  const reach = async (holds: (state: ExperimentState) => boolean): Promise<ExperimentState> => {
    for (let tries = 0; tries < 400; tries += 1) {
      const state = await readState().catch(() => undefined);
      if (state !== undefined && holds(state)) return state;
      await sleep(50);
    }
    throw new Error('the experiment did not come that far');
  };
  /** In a process of its own, as long as which lives nobody else goes on with the experiment. */
  const apart = (args: readonly string[]) => place.start(args).finished;
  const toResume = (id: string) => [
    ...['experiment', '--resume', id, '--quiet', '--json', '--results', place.results],
  ];
  const resume = (id: string) => apart(toResume(id));

  it('survives kill -9 in the middle: what was done stays, the run that was cut is done again', async () => {
    const running = place.start(begin('--rounds', '2', '--seed', '3', '--duration', '4s'));
    const { id } = await reach(({ steps }) => steps[0]?.state === 'running');
    // Someone else may not go on with it meanwhile.
    expect((await place.run(toResume(id))).code).toBe(5);
    const seen = await reach(({ steps }) => steps[1]?.state === 'running');
    running.child.kill('SIGKILL');
    const [first, second] = seen.steps;
    await running.finished;

    const { code, stdout } = await resume(seen.id.slice(0, 15));
    expect(OVER).toContain(code);
    const { steps, endedAt } = await readState();
    expect(endedAt).toBeDefined();
    expect(steps[0]?.runId).toBe(first?.runId);
    expect(steps[1]?.cut).toEqual([second?.runId]);
    expect(steps.map(({ state, cut }) => [state, cut.length])).toEqual([
      ['done', 0],
      ['done', 1],
      ['done', 0],
      ['done', 0],
    ]);
    const [one, two, ...rest] = steps.map(({ side }) => side);
    expect(await switches()).toEqual([one, two, two, ...rest]);

    const comparison = JSON.parse(stdout) as Comparison;
    const idsOf = (side: 'a' | 'b') => steps.filter((step) => step.side === side).map(({ runId }) => runId);
    expect(comparison.before.runs.map(({ id }) => id)).toEqual(idsOf('a'));
    expect(comparison.after.runs.map(({ id }) => id)).toEqual(idsOf('b'));
    expect(comparison.after.runs.map(({ label }) => label)).toEqual(['after, "b"', 'after, "b"']);
    const list = await place.run([
      'results',
      '--label',
      '*(cut short)',
      '--names',
      '--results',
      place.results,
    ]);
    expect(list.stdout).toBe(`${second?.runId}\n`);
    // Over is over.
    expect(await resume(seen.id)).toMatchObject({ code, stdout });
  });

  it('on Ctrl-C lets the run under way drain, exits with 130 and says how to go on', async () => {
    const running = place.start(begin('--rounds', '1'));
    const { id } = await reach(({ steps }) => steps[0]?.state === 'running');
    await running.until(/About to connect/);
    running.child.kill('SIGINT');
    const { code, stderr } = await running.finished;
    expect(code).toBe(130);
    // It is called here by its path.
    expect(stderr).toMatch(
      new RegExp(`interrupted after 0 of 2 runs; resume with: \\S*rushhour experiment --resume ${id}`),
    );
    expect(OVER).toContain((await resume(id)).code);
    expect((await readState()).steps.map(({ cut }) => cut.length)).toEqual([1, 0]);
  });

  it('stops where a command fails, with what it printed, and goes on once it is mended', async () => {
    await writeFile(join(place.dir, 'broken'), '');
    const verify = `test ! -e ${place.dir}/broken || { echo the timer is still 1 s; exit 1; }`;
    const { code, stderr } = await apart(begin('--rounds', '1', '--verify', verify));
    expect(code).toBe(5);
    expect(stderr).toContain('the command of --verify ended with exit code 1');
    expect(stderr).toContain('the timer is still 1 s');
    const { id, steps } = await readState();
    expect(steps.map(({ runId }) => runId)).toEqual([null, null]);
    await rm(join(place.dir, 'broken'));
    expect(OVER).toContain((await resume(id)).code);
  });

  it('gives its runs the credentials of the command line, and keeps none', async () => {
    const file = await place.scenario(
      'asking',
      `
schema: 1
farEnd: embedded
arms:
  web:
    target: /
    auth: { scheme: basic, credentials: { env: RUSHHOUR_TEST_NOT_SET } }
    load: [{ hold: { rate: 20/s, for: 1s } }]
`,
    );
    const { code, stderr } = await place.run([
      ...['experiment', file, '--rounds', '1', '--settle', '10ms', '--a', 'true', '--b', 'true'],
      ...['-U', 'ada:s3hr-geheim', '--json', '--results', place.results],
    ]);
    expect(stderr).not.toContain('RUSHHOUR_TEST_NOT_SET');
    expect(OVER).toContain(code);
    expect((await readState()).steps.map(({ state }) => state)).toEqual(['done', 'done']);
    for (const entry of await readdir(place.results, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile()) continue;
      expect(await readFile(join(entry.parentPath, entry.name), 'latin1')).not.toContain('s3hr-geheim');
    }
  });

  it('with --dry-run shows the order, and does nothing', async () => {
    const { code, stdout } = await place.run(begin('--rounds', '3', '--seed', '5', '--dry-run'));
    expect(code).toBe(0);
    expect(stdout).toContain('3 rounds, 6 runs, in the order of seed 5');
    expect(stdout.match(/^ {2}round \d {2}[AB] {2}to do$/gm)).toHaveLength(6);
    expect(await readdir(place.dir)).toEqual(['few.yaml']);
  });

  it('refuses to go on with a scenario that has changed since', async () => {
    expect((await apart(begin('--rounds', '1', '--verify', 'false'))).code).toBe(5);
    await writeFile(few, FEW.replace('20/s', '21/s'));
    const { code, stderr } = await resume((await readState()).id);
    expect(code).toBe(2);
    expect(stderr).toContain('or a flag has changed');
  });

  it('is bad usage without both commands, or with a scenario to resume', async () => {
    const usage = async (...args: string[]) => {
      const { code, stderr } = await place.run(['experiment', ...args, '--results', place.results]);
      return [code, stderr.split('\n')[0]];
    };
    expect(await usage('quickstart', '--a', 'true')).toEqual([
      2,
      'rushhour: an experiment needs --a and --b: --b is missing',
    ]);
    expect(await usage('--a', 'true', '--b', 'true')).toEqual([
      2,
      'rushhour: an experiment needs a scenario',
    ]);
    expect((await usage('quickstart', '--resume', 'x'))[0]).toBe(2);
    expect((await usage('--resume', 'x'))[0]).toBe(2);
  });
});
