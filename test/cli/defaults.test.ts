import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-defaults-'));
  mkdirSync(join(dir, 'xdg/rushhour'), { recursive: true });
});
afterEach(() => rmSync(dir, { recursive: true }));

const near = (text: string) => writeFileSync(join(dir, 'rushhour.yaml'), text);
const far = (text: string) => writeFileSync(join(dir, 'xdg/rushhour/rushhour.yaml'), text);

async function cli(args: string[], env: Record<string, string> = {}) {
  const host = createFakeHost({ cwd: dir, home: dir, env: { XDG_CONFIG_HOME: join(dir, 'xdg'), ...env } });
  const run = createFakeRun();
  const exitCode = await runCli(args, host, run.services);
  const scenario = run.options?.scenario;
  return { exitCode, run, scenario, arm: scenario?.arms[0], out: host.stdout.text, err: host.stderr.text };
}

const TARGET = 'target: http://10.0.0.9/\n';

describe('a proxy and a target that nobody typed', () => {
  it.each([
    ['--proxy', '10.0.0.1', 1],
    ['RUSHHOUR_PROXY', '10.0.0.2', 2],
    ['rushhour.yaml:2', '10.0.0.3', 3],
    ['xdg/rushhour/rushhour.yaml:1', '10.0.0.4', 4],
    ['the scenario', '10.0.0.5', 5],
  ])('come from %s where nothing before says otherwise', async (from, host, place) => {
    writeFileSync(
      join(dir, 'mine.yaml'),
      `schema: 1\nproxy: 10.0.0.5:3128\n${TARGET}arms:\n  a: { load: [{ hold: { rate: 1, for: 1 } }] }\n`,
    );
    if (place <= 3) near('# ours\nproxy: 10.0.0.3:3128\n');
    if (place <= 4) far('proxy: 10.0.0.4:3128\n');
    const flags = place <= 1 ? ['--proxy', '10.0.0.1:3128'] : [];
    const { exitCode, arm, err } = await cli(
      ['run', join(dir, 'mine.yaml'), ...flags],
      place <= 2 ? { RUSHHOUR_PROXY: '10.0.0.2:3128' } : {},
    );
    expect([exitCode, arm?.proxy?.host]).toEqual([0, host]);
    expect(err).toContain(`  proxy ${host}:3128 from ${from}; target http://10.0.0.9/ from the scenario\n`);
  });

  it('serve run, hit and soak', async () => {
    far(`proxy: proxy.example:3128\n${TARGET}`);
    for (const args of [
      ['run', 'steady'],
      ['hit', '-n', '3'],
      ['soak', 'steady', '--for', '1m'],
    ]) {
      const { exitCode, arm } = await cli(args);
      expect([args[0], exitCode, arm?.proxy?.host, arm?.target.host]).toEqual([
        args[0],
        0,
        'proxy.example',
        '10.0.0.9',
      ]);
    }
  });

  it('are kept by a night, whose user has other variables and another folder', async () => {
    near('target: http://127.0.0.1/\n');
    const { exitCode, out } = await cli(
      ['soak', 'install', 'steady', '--at', '1:30', '--for', '5h', '--cron', '--print', '--root', dir],
      { RUSHHOUR_PROXY: '127.0.0.1:3128' },
    );
    expect(exitCode).toBe(0);
    expect(out).toContain('--proxy 127.0.0.1:3128 --target http://127.0.0.1/ "$1"');
  });

  it('leave alone what has a far end of its own, and what connects straight', async () => {
    near(`proxy: proxy.example:3128\n${TARGET}`);
    const quickstart = await cli(['run', 'quickstart']);
    expect([quickstart.exitCode, quickstart.scenario?.farEnd]).toEqual([0, 'embedded']);
    expect(quickstart.err).not.toContain('from rushhour.yaml');
    for (const args of [
      ['hit', 'tcp://10.0.0.9:80'],
      ['hit', 'http://10.0.0.9/', '-x', 'none'],
      ['hit', 'http://10.0.0.9/', '-x', ''],
    ]) {
      expect((await cli(args)).arm).not.toHaveProperty('proxy');
    }
  });

  it('are said by a dry run as well', async () => {
    const { out } = await cli(['hit', '--dry-run'], {
      RUSHHOUR_TARGET: 'http://127.0.0.1/',
      RUSHHOUR_PROXY: '127.0.0.1:3128',
    });
    expect(out).toContain(
      '  proxy 127.0.0.1:3128 from RUSHHOUR_PROXY; target http://127.0.0.1/ from RUSHHOUR_TARGET\n',
    );
  });

  it.each([
    ['proxi: a:1\n', 'rushhour.yaml:1: unknown key "proxi" — did you mean "proxy"?'],
    ['\ntarget: ftp://x/\n', 'rushhour.yaml:2: "ftp://x/" is not a target'],
    ['proxy: [a]\n', 'rushhour.yaml:1: a list does not belong in "proxy" — Proxy, host:port, for every run'],
    ['proxy: u:s3cret@h:1\n', 'rushhour.yaml:1: the proxy contains credentials'],
    ['- a\n', 'rushhour.yaml:1: a list does not belong in "the file"'],
    ['proxy: a:1\nproxy: b:2\n', 'rushhour.yaml:2: this key appears twice'],
  ])('are refused in a file that says %j', async (text, why) => {
    near(text);
    const { exitCode, err, run } = await cli(['run', 'quickstart']);
    expect([exitCode, run.options]).toEqual([2, undefined]);
    expect(err).toContain(why);
    expect(err).not.toContain('s3cret');
  });

  it('are refused in a variable, without what it holds of a password', async () => {
    const { exitCode, err } = await cli(['run', 'quickstart'], { RUSHHOUR_PROXY: 'http://u:s3cret@h:1' });
    expect(exitCode).toBe(2);
    expect(err).toContain('RUSHHOUR_PROXY: the proxy contains credentials');
    expect(err).not.toContain('s3cret');
  });

  it('may be a file with nothing in it yet', async () => {
    near('# proxy: proxy.example:3128\n');
    expect((await cli(['run', 'quickstart'])).exitCode).toBe(0);
  });
});

describe('a proxy that curl would take from the environment', () => {
  const env = { http_proxy: 'http://u:s3cret@proxy.example:3128' };

  it.each([
    [['hit', 'http://10.0.0.9/'], 1],
    [['hit', 'http://10.0.0.9/', '-x', '10.0.0.5:3128'], 0],
    [['hit', 'http://10.0.0.9/', '-x', 'none'], 0],
    [['hit', 'https://10.0.0.9/'], 0],
    [['hit', 'tcp://10.0.0.9:80'], 0],
    [['run', 'steady', '--target', 'http://10.0.0.9/'], 1],
    [['run', 'steady', '--target', 'http://10.0.0.9/', '--proxy', '10.0.0.5:3128'], 0],
    [['run', 'quickstart'], 0],
  ])('is told of once, if at all: %j', async (args, times) => {
    const { err } = await cli(args, env);
    expect(err.match(/^rushhour: http_proxy=.*-x proxy\.example:3128/gm) ?? []).toHaveLength(times);
    expect(err).not.toContain('s3cret');
  });

  it('is not told of where RUSHHOUR_PROXY names one', async () => {
    const { err } = await cli(['hit', 'http://10.0.0.9/'], { ...env, RUSHHOUR_PROXY: '10.0.0.5:3128' });
    expect(err).not.toContain('http_proxy');
  });
});
