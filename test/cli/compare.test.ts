import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Comparison } from '../../src/analysis/compare/types.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

const SAMPLES = fileURLToPath(new URL('../../results/samples', import.meta.url));
const BEFORE = '20261121-052056-steady';
const AFTER = '20261121-052137-steady';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-compare-'));
  cpSync(SAMPLES, join(dir, 'results'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

async function cli(...args: string[]) {
  const host = createFakeHost({ cwd: dir });
  const exitCode = await runCli(['compare', ...args], host, createFakeRun().services);
  return { exitCode, out: host.stdout.text, err: host.stderr.text };
}

/** Changes one file of a run's folder by a text found in it. */
function change(id: string, file: string, from: string, to: string): void {
  const path = join(dir, 'results', id, file);
  const text = readFileSync(path, 'utf8');
  expect(text).toContain(from);
  writeFileSync(path, text.replace(from, to));
}

describe('compare', () => {
  it('says in its first line what the change did', async () => {
    const { exitCode, out } = await cli('before', 'after');
    expect(exitCode).toBe(0);
    expect(out).toMatch(/^BETTER: traffic\.stalled\.rate 2\.1 % -> 0 %\./);
    expect(out).toMatch(
      /^stalled\.rate +2\.1 % +0 % +-2\.1 points +-[\d.]+ points to -[\d.]+ points +better$/m,
    );
    expect(out).toContain('Arm control');
    expect((await cli('before', 'after', '--all')).out).toContain('achievedPerSec');
  });

  it('exits with 3 where it got worse', async () => {
    const { exitCode, out } = await cli('after', 'before');
    expect([exitCode, out.slice(0, 5)]).toEqual([3, 'WORSE']);
  });

  it('exits with 3 where a --fail-if holds, and shows all of them', async () => {
    const conditions = ['--fail-if', 'traffic.stalled.rate better', '--fail-if', '*.stalled.rate worse'];
    const { exitCode, out } = await cli('before', 'after', ...conditions);
    expect(exitCode).toBe(3);
    expect(out).toContain('traffic.stalled.rate better: holds\n');
    expect(out).toContain('*.stalled.rate worse: does not hold\n');
    expect((await cli('before', 'after', '--fail-if', 'nonsense')).exitCode).toBe(2);
  });

  it('prints JSON that holds the same figures as the summaries', async () => {
    const { out } = await cli(BEFORE, AFTER, '--json');
    const comparison = JSON.parse(out) as Comparison;
    expect(comparison).toMatchObject({ schema: 1, verdict: 'better', units: 'seconds' });
    expect(comparison.before.runs).toEqual([
      {
        ...{ id: BEFORE, name: BEFORE, label: 'before: one SYN in 50 lost', scenario: 'steady' },
        ...{ startedAt: '2026-11-21T05:20:56.085Z', status: 'complete' },
      },
    ]);
    const figure = (name: string) =>
      comparison.lines.find((line) => line.arm === 'traffic' && line.figure === name);
    expect(figure('stalled.rate')).toMatchObject({ before: 0.021, after: 0 });
    expect(figure('handshakeUs.p99')).toMatchObject({ before: 1_020_415, after: 3_185 });
    expect(figure('achievedPerSec')).toMatchObject({
      before: 100,
      after: 100,
      verdict: 'no difference seen',
    });
  });

  it('prints Markdown for a ticket', async () => {
    const { out } = await cli('before', 'after', '--markdown');
    expect(out).toMatch(/^\*\*Better: traffic\.stalled\.rate 2\.1 % -> 0 %/);
    expect(out).toContain('| figure | before | after | difference | 95 % interval | verdict |');
    expect(out).toMatch(/^\| stalled\.rate \| 2\.1 % \| 0 % \| -2\.1 points \| .* \| \*\*better\*\* \|$/m);
  });

  it('refuses runs at different rates, unless asked to compare them anyway', async () => {
    change(AFTER, 'run.json', '"ratePerSec": 100', '"ratePerSec": 200');
    const refused = await cli('before', 'after');
    expect([refused.exitCode, refused.out]).toEqual([2, '']);
    expect(refused.err).toContain('traffic: the load differs: 0 to 100/s, 100/s and 0 to 100/s, 200/s');
    const compared = await cli('before', 'after', '--anyway');
    expect(compared.exitCode).toBe(0);
    expect(compared.out).toContain('traffic: the load differs');
  });

  it('warns of another kernel setting', async () => {
    change(AFTER, 'run.json', '"net.ipv4.tcp_tw_reuse": "2"', '"net.ipv4.tcp_tw_reuse": "1"');
    expect((await cli('before', 'after')).out).toMatch(/^note +net\.ipv4\.tcp_tw_reuse differs: 2 and 1$/m);
  });

  it('exits with 4 where a run was generator-limited', async () => {
    change(AFTER, 'summary.json', '"generatorLimited": false', '"generatorLimited": true');
    const { exitCode, out } = await cli('before', 'after');
    expect([exitCode, out.slice(0, 10)]).toEqual([4, 'NO VERDICT']);
  });

  it('is bad usage where a run is missing or is on both sides', async () => {
    expect((await cli('before', 'nothing')).exitCode).toBe(2);
    expect((await cli('before', 'before')).err).toContain('is on both sides');
  });
});
