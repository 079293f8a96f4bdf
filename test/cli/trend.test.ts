import { cpSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Trend } from '../../src/analysis/trend/types.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const SAMPLES = fileURLToPath(new URL('../../results/samples', import.meta.url));
const LOSSY = '20261121-052056-steady';
const CLEAN = '20261121-052137-steady';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-trend-'));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function cli(...args: string[]) {
  const host = createFakeHost({ cwd: dir, env: { TZ: 'UTC', PATH: process.env['PATH'] ?? '' } });
  const exitCode = await runCli(['trend', ...args], host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

/** Nights from 1 October on, each a copy of a sample. */
function makeNights(samples: readonly string[]): void {
  for (const [index, sample] of samples.entries()) {
    const date = `2026-10-${String(index + 1).padStart(2, '0')}`;
    const folder = join(dir, 'results', `night-${date}`);
    cpSync(join(SAMPLES, sample), folder, { recursive: true });
    for (const file of ['run.json', 'summary.json']) {
      const path = join(folder, file);
      const text = readFileSync(path, 'utf8');
      writeFileSync(
        path,
        text
          .replaceAll(sample, `night-${date}`)
          .replace(/"(startedAt|endedAt)": "2026-11-21T05:/g, `"$1": "${date}T01:`),
      );
    }
  }
}

function change(date: string, file: string, from: string, to: string): void {
  const path = join(dir, 'results', `night-${date}`, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

const repeat = (sample: string, times: number): string[] => new Array<string>(times).fill(sample);

describe('trend', () => {
  it('lays nights side by side and says after which one stalls began', async () => {
    makeNights([...repeat(CLEAN, 7), ...repeat(LOSSY, 7)]);
    const { exitCode, out } = await cli();
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^Worse in 14 nights of steady: traffic\.stalled\.rate worse after 2026-10-07/);
    expect(out).toMatch(/^2026-10-08 .* 2\.1 % /m);
    expect(out.replace(/\s+/g, ' ')).toMatch(
      /stalled\.rate changed after 2026-10-07 \(or [^)]*\): from 0 % to 2\.1 %/,
    );
    const shorter = await cli('--last', '9');
    expect(shorter.out).not.toContain('2026-10-05');
    expect(shorter.out).toContain('2026-10-06');
  });

  it('exits with 3 where a --fail-if holds, and hands the verdict to the hook', async () => {
    makeNights([...repeat(CLEAN, 7), ...repeat(LOSSY, 7)]);
    const hook = ['--hook', 'cat > got.json; printf %s "$RUSHHOUR_VERDICT" > verdict'];
    const { exitCode, out } = await cli('--json', '--fail-if', '*.stalled.rate worse', ...hook);
    expect(exitCode).toBe(3);
    const trend = JSON.parse(out) as Trend;
    expect(trend).toMatchObject({ schema: 1, verdict: 'fail', scenario: 'steady', timeZone: 'UTC' });
    expect(trend.nights[0]).toMatchObject({ id: 'night-2026-10-01', date: '2026-10-01', time: '01:21' });
    expect(trend.failIf).toEqual([{ text: '*.stalled.rate worse', held: true, note: '' }]);
    expect(JSON.parse(readFileSync(join(dir, 'got.json'), 'utf8'))).toEqual(trend);
    expect(readFileSync(join(dir, 'verdict'), 'utf8')).toBe('fail');
  });

  it('hands the last change of cause to the hook', async () => {
    makeNights([...repeat(CLEAN, 7), ...repeat(LOSSY, 7)]);
    const hook = ['--hook', 'printf %s "$RUSHHOUR_CAUSE" > cause'];
    await cli('--fail-if', '*.stalled.rate worse', ...hook);
    expect(readFileSync(join(dir, 'cause'), 'utf8')).toMatch(
      /^since 2026-10-08: ill, and it cannot be told by what .*; before: healthy \(7 nights\)$/,
    );
  });

  it('judges the last night by a bound, and spares the hook where none holds', async () => {
    makeNights([CLEAN, LOSSY]);
    const fails = await cli('--fail-if', 'traffic.stalled.rate > 1%');
    expect(fails.exitCode).toBe(3);
    expect(fails.out).toContain('holds (traffic: 2.1 % on 2026-10-02');
    expect(fails.out).toContain('Cannot tell: 2 nights of steady, 8 are the minimum.');
    const holds = await cli(
      '--fail-if',
      'traffic.stalled.rate > 5%',
      '--hook',
      'touch ran',
      '--hook-on',
      'fail',
    );
    expect([holds.exitCode, existsSync(join(dir, 'ran'))]).toEqual([0, false]);
  });

  it('exits with 5 where the hook fails, shows the verdict all the same, and keeps the command to itself', async () => {
    makeNights([CLEAN, LOSSY]);
    const { exitCode, out, err } = await cli('--hook', 'echo no route to mail; : t0ken; exit 7');
    expect(exitCode).toBe(5);
    expect(out).toContain('Cannot tell: 2 nights');
    expect(err).toContain('the command of --hook ended with exit code 7; it printed:\nno route to mail');
    expect(err).not.toContain('t0ken');
  });

  it('ends a hook that takes too long, with all that it started', async () => {
    makeNights([CLEAN]);
    const { exitCode, err } = await cli('--hook', 'sleep 300 & sleep 300', '--hook-timeout', '200ms');
    expect(exitCode).toBe(5);
    expect(err).toContain('the command of --hook took longer than 0.2 s');
  });

  it('waits for no process that a hook leaves in the background, nor minds one that reads nothing', async () => {
    makeNights(repeat(CLEAN, 2));
    const { exitCode } = await cli('--hook', 'sleep 5 & exit 0', '--hook-timeout', '4s');
    expect(exitCode).toBe(0);
  });

  it('shows a generator-limited night without counting it, and exits with 4 where all are', async () => {
    makeNights([CLEAN, LOSSY]);
    change('2026-10-02', 'summary.json', '"generatorLimited": false', '"generatorLimited": true');
    const { exitCode, out } = await cli();
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^2026-10-02 +- /m);
    expect(out).toMatch(/^- left out +2026-10-02: generator-limited/m);
    change('2026-10-01', 'summary.json', '"generatorLimited": false', '"generatorLimited": true');
    expect((await cli()).exitCode).toBe(4);
  });

  it('leaves out nights at another rate, and marks where the kernel was another', async () => {
    makeNights(repeat(CLEAN, 4));
    change('2026-10-02', 'run.json', '"ratePerSec": 100', '"ratePerSec": 200');
    change('2026-10-04', 'run.json', '"net.ipv4.tcp_tw_reuse": "2"', '"net.ipv4.tcp_tw_reuse": "1"');
    const { out } = await cli();
    expect(out.replace(/\s+/g, ' ')).toContain(
      'left out night-2026-10-02, because they did something else: traffic',
    );
    expect(out).toMatch(/^! probe +2026-10-04: net\.ipv4\.tcp_tw_reuse differs: 2 and 1$/m);
  });

  it('is bad usage without a run, or with a condition that is none', async () => {
    expect(await cli()).toMatchObject({ exitCode: 2, out: '' });
    makeNights([CLEAN]);
    expect((await cli('--scenario', 'other')).exitCode).toBe(2);
    expect((await cli('--fail-if', 'nonsense')).exitCode).toBe(2);
    expect((await cli('night-2026-10-01', '--label', 'after*')).exitCode).toBe(0);
    expect((await cli('nothing')).exitCode).toBe(2);
  });
});
