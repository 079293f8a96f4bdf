import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { stretchToSoak } from '../../src/session/schedule.ts';
import type { RunListener } from '../../src/session/types.ts';
import { fingerprintOf } from '../../src/store/experiment-file.ts';
import { summary } from '../render/fixtures.ts';
import { DEAD, keepRun } from '../service/kept-runs.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun, type FakeRunScript } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-soak-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function soak(args: string[], script: FakeRunScript = {}, nowMs?: number) {
  const host = createFakeHost({ cwd: dir, home: dir, ...(nowMs === undefined ? {} : { nowMs }) });
  const run = createFakeRun(script);
  const exitCode = await runCli(['soak', ...args], host, run.services);
  const { options } = run;
  return { exitCode, options, out: host.stdout.text, err: host.stderr.text };
}

describe('soak', () => {
  it('lasts 8 hours in windows of a minute, or as it is told', async () => {
    expect((await soak(['quickstart'])).options).toMatchObject({
      soak: { forUs: 8 * 3_600_000_000, windowSec: 60 },
      resume: false,
    });
    const told = await soak(['quickstart', '--for', '90m', '--window', '10s', '--resume', '--rate', '50/s']);
    expect(told.options).toMatchObject({
      soak: { forUs: 5_400_000_000, windowSec: 10 },
      resume: true,
    });
    expect(told.exitCode).toBe(0);
  });

  it('captures packets, or none, as run does', async () => {
    const { options } = await soak(['quickstart', '--capture', 'off', '--marker', 'ticket-4711']);
    expect(options?.scenario).toMatchObject({ capture: 'off', marker: 'ticket-4711' });
  });

  it('tells what happens as it happens, and ends with the summary and its exit code', async () => {
    const { exitCode, out, err } = await soak(['quickstart'], {
      during(listener: RunListener) {
        const event = {
          id: 1,
          at: '',
          kind: 'link-down',
          setsAside: true,
          text: 'eth0 has lost its link',
        } as const;
        listener.event?.({ ...event, fromSec: 61, toSec: null });
        listener.event?.({ ...event, fromSec: 61, toSec: 75 });
      },
      summary: { ...summary(), verdict: { ...summary().verdict, pass: false } },
    });
    expect(err).toContain(
      'rushhour: second 61: eth0 has lost its link\nrushhour: second 61 to 75: eth0 has lost its link\n',
    );
    expect([exitCode, out.split(' ')[0]]).toEqual([3, 'FAIL']);
  });

  it('takes no --duration, and no window of other than whole seconds from 5 to 600', async () => {
    const duration = await soak(['quickstart', '--duration', '5h']);
    expect([duration.exitCode, duration.err]).toEqual([
      2,
      'rushhour: --for sets the length of a soak, not --duration\n  write --for 5h\n',
    ]);
    for (const window of ['4s', '11m', '7.5s']) {
      const { exitCode, err } = await soak(['quickstart', '--window', window]);
      expect([exitCode, err]).toEqual([2, expect.stringContaining('It must be whole seconds, 5s to 10m.')]);
    }
  });

  it('does nothing with --resume-only where no night was cut short', async () => {
    const { exitCode, options, err } = await soak(['quickstart', '--resume-only']);
    expect([exitCode, options, err]).toEqual([
      0,
      undefined,
      'rushhour: no soak of this scenario was interrupted\n',
    ]);
  });

  it('begins no second night at a time that clocks tell twice', async () => {
    vi.stubEnv('TZ', 'Europe/London');
    onTestFinished(() => void vi.unstubAllEnvs());
    const results = join(dir, 'results');
    mkdirSync(results);
    const steady = ['steady', '--proxy', '127.0.0.1:3128', '--target', 'http://127.0.0.1/'];
    const begin = (now: string, ...more: string[]) =>
      soak([...steady, '--resume', '--once-at', '1:30', ...more], {}, Date.parse(now));
    expect((await begin('2027-10-31T00:30:02Z')).options).toBeDefined();
    expect((await begin('2027-10-31T01:30:02Z')).options, 'nothing had begun').toBeDefined();

    keepRun(results, 'tonight', { startedAt: '2027-10-31T00:30:03Z' });
    const second = await begin('2027-10-31T01:30:02Z');
    expect([second.exitCode, second.options, second.err]).toEqual([
      0,
      undefined,
      'rushhour: the clocks go back and 01:30 occurs twice: this soak has already started (tonight), so it does not start again\n',
    ]);
    expect((await begin('2027-11-01T01:30:02Z')).options).toBeDefined();
    expect((await begin('2027-10-31T01:30:02Z', '--label', 'another')).options).toBeDefined();
  });

  it('goes on at such a time with a night that was cut short', async () => {
    vi.stubEnv('TZ', 'Europe/London');
    onTestFinished(() => void vi.unstubAllEnvs());
    mkdirSync(join(dir, 'results'));
    const args = ['steady', '--proxy', '127.0.0.1:3128', '--target', 'http://127.0.0.1/', '--for', '5h'];
    const { scenario, soak: length } = (await soak(args)).options!;
    const { forUs } = length!;
    const fingerprint = fingerprintOf(stretchToSoak(scenario, forUs));
    keepRun(join(dir, 'results'), 'tonight', {
      startedAt: '2027-10-31T00:30:03Z',
      soak: { fingerprint, forUs, windowSec: 60, settleSec: 3, processes: [DEAD] },
    });
    const second = Date.parse('2027-10-31T01:30:02Z');
    expect((await soak([...args, '--resume', '--once-at', '01:30'], {}, second)).options).toBeDefined();
    // Of another scenario: it is no night to go on with.
    const other = [...args, '--rate', '7/s', '--resume', '--once-at', '01:30'];
    expect((await soak(other, {}, second)).options).toBeUndefined();
  });
});
