import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { makeWorkplace, type Started, type Workplace } from './rushhour.ts';

/** Connections that are held for a while: some are open whenever a signal comes, and the far end has to be there for them. */
const HELD = (hold: string) => `
schema: 1
farEnd: embedded
arms:
  held:
    via: tcp
    hold: ${hold}
    close: reset
    load:
      - hold: { rate: 20/s, for: 60s }
`;

suiteNeeding('a signal', ['linux', 'setsid', 'bash'], () => {
  let place: Workplace;
  let held: string;
  beforeAll(async () => {
    place = makeWorkplace();
    held = await place.scenario('held', HELD('700ms'));
  });
  afterAll(() => place.clean());

  /** A run in a process group of its own, once it has written a frame of load. */
  async function begin(label: string, scenario = held, before: readonly string[] = ['setsid']) {
    const run = place.start(
      ['run', scenario, '--quiet', '--label', label, '--results', place.results],
      before,
    );
    const dir = await place.recorded(1, label);
    return { ...run, dir, farEnd: farEndOf(run) };
  }

  const framesIn = (dir: string) => readText(join(dir, 'frames.jsonl')).split('\n').length - 1;
  const summaryIn = (dir: string) => JSON.parse(readFileSync(join(dir, 'summary.json'), 'utf8')) as Summary;

  /** Every attempt that was started came to a good end, and nobody is left. */
  async function expectDrained(run: Awaited<ReturnType<typeof begin>>): Promise<void> {
    const { code } = await run.finished;
    expect(code).toBe(130);
    const summary = summaryIn(run.dir);
    expect(summary.run.status).toBe('interrupted');
    const { outcomes, started } = summary.arms['held']!;
    expect(started).toBeGreaterThan(5);
    expect(outcomes).toEqual({ ok: started });
    expect(isRunning(run.farEnd)).toBe(false);
  }

  it('SIGINT to the whole process group, as from a terminal, drains', async () => {
    const run = await begin('group');
    process.kill(-run.child.pid!, 'SIGINT');
    await expectDrained(run);
  });

  it('SIGHUP to the program alone drains, and counts once, as a terminal that goes away sends several', async () => {
    const run = await begin('hangup');
    process.kill(run.child.pid!, 'SIGHUP');
    await run.until(/stopping: no new attempts/);
    process.kill(run.child.pid!, 'SIGHUP');
    await expectDrained(run);
  });

  it('SIGTERM to every process, as systemd sends it, drains', async () => {
    const run = await begin('every');
    for (const pid of [run.farEnd, run.child.pid!]) process.kill(pid, 'SIGTERM');
    await expectDrained(run);
  });

  it('that kills the far end ends the run at once, says so, and is no verdict on anything', async () => {
    const run = await begin('far-killed');
    process.kill(run.farEnd, 'SIGKILL');
    const { code, stderr } = await run.finished;
    expect(code).toBe(5);
    expect(stderr).toContain('the embedded far end ended during the load (SIGKILL)');
    expect(stderr).toContain(run.dir);
    expect(summaryIn(run.dir).run.status).toBe('failed');
  });

  it('that comes again ends what is open now, and keeps what was measured', async () => {
    const scenario = await place.scenario('long', HELD('60s'));
    const run = await begin('again', scenario);
    process.kill(-run.child.pid!, 'SIGINT');
    await run.until(/stopping: no new attempts/);
    process.kill(-run.child.pid!, 'SIGINT');
    expect((await run.finished).code).toBe(130);
    const { arms, run: about } = summaryIn(run.dir);
    expect(about.status).toBe('interrupted');
    expect(arms['held']!.started).toBeGreaterThan(5);
    expect(isRunning(run.farEnd)).toBe(false);
    const shown = await place.run(['results', 'show', 'again', '--results', place.results]);
    expect(shown.code).toBe(0);
  });

  it('SIGHUP is none under nohup', async () => {
    const run = await begin('nohup', held, ['setsid', 'bash', '-c', 'nohup "$@"', 'bash']);
    process.kill(-run.child.pid!, 'SIGHUP');
    await place.recorded(framesIn(run.dir) + 2, 'nohup');
    expect(run.child.exitCode).toBeNull();
    process.kill(run.child.pid!, 'SIGTERM');
    await expectDrained(run);
  });

  /** The embedded far end that a run has started. */
  function farEndOf({ child }: Started): number {
    const pid = child.pid!;
    const children = readText(`/proc/${pid}/task/${pid}/children`).trim().split(' ').map(Number);
    const found = children.find((each) => readText(`/proc/${each}/cmdline`).includes('far-end'));
    expect(found).toBeDefined();
    return found!;
  }
});

/** A zombie runs no more. */
function isRunning(pid: number): boolean {
  const stat = readText(`/proc/${pid}/stat`);
  return stat !== '' && stat.slice(stat.lastIndexOf(')') + 2)[0] !== 'Z';
}

function readText(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
