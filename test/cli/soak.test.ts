import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import type { SoakListener, SoakOptions } from '../../src/session/soak-types.ts';
import { summary } from '../render/fixtures.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun, type FakeRunScript } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-soak-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function soak(args: string[], script: FakeRunScript = {}) {
  const host = createFakeHost({ cwd: dir, home: dir });
  const run = createFakeRun(script);
  const exitCode = await runCli(['soak', ...args], host, run.services);
  const options = run.options as SoakOptions | undefined;
  return { exitCode, options, out: host.stdout.text, err: host.stderr.text };
}

describe('soak', () => {
  it('lasts 8 hours in windows of a minute, or as it is told', async () => {
    expect((await soak(['quickstart'])).options).toMatchObject({
      forUs: 8 * 3_600_000_000,
      windowSec: 60,
      resume: false,
    });
    const told = await soak(['quickstart', '--for', '90m', '--window', '10s', '--resume', '--rate', '50/s']);
    expect(told.options).toMatchObject({ forUs: 5_400_000_000, windowSec: 10, resume: true });
    expect(told.exitCode).toBe(0);
  });

  it('tells what happens as it happens, and ends with the summary and its exit code', async () => {
    const { exitCode, out, err } = await soak(['quickstart'], {
      during(listener: SoakListener) {
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
      'rushhour: a soak lasts as long as --for says, not --duration\n  write --for 5h\n',
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
      'rushhour: no night of this scenario was cut short\n',
    ]);
  });
});
