import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { readPiped, TooLarge } from '../../src/bounded-file.ts';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

let dir: string;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'rushhour-endless-'));
  for (const name of ['endless', 'endless.yaml']) symlinkSync('/dev/zero', join(dir, name));
});
afterEach(() => rmSync(dir, { recursive: true }));

async function cli(args: readonly string[], env: Record<string, string> = {}) {
  const host = createFakeHost({ cwd: dir, home: dir, env });
  const exitCode = await runCli(args, host, createFakeRun().services);
  return { exitCode, said: host.stderr.text + host.stdout.text };
}

const HIT = ['hit', 'http://origin.test/', '-n', '1'];

it.each([
  ['a scenario', ['run', '/endless.yaml']],
  ['a scenario that is described', ['scenarios', '/endless.yaml']],
  ['settings', ['run', 'steady', '--set', '@endless']],
  ['a user', [...HIT, '--sink', 'influxdb://127.0.0.1:1/b', '--sink-user', '@endless']],
  ['credentials of a probe', ['probe', '--policy', 'p', '--credentials', 'endless']],
  ['a scenario of a fleet', ['fleet', 'run', '/endless.yaml']],
])('reads no more of a file without an end than it may hold: %s', async (_, args) => {
  const given = args.map((arg) => arg.replace('/endless', join(dir, 'endless')));
  const { exitCode, said } = await cli(given);
  expect(said).toMatch(/larger than 1 MiB/);
  expect(exitCode).toBe(2);
});

it('reads no more of the defaults', async () => {
  symlinkSync('/dev/zero', join(dir, 'rushhour.yaml'));
  const { exitCode, said } = await cli(['run', 'steady']);
  expect(said).toMatch(/rushhour\.yaml cannot be read \(it is larger than 1 MiB\)/);
  expect(exitCode).toBe(2);
});

it('reads no more of the hosts that were allowed', async () => {
  symlinkSync(dir, join(dir, 'rushhour'));
  symlinkSync('/dev/zero', join(dir, 'allowed-hosts'));
  const { exitCode, said } = await cli(['hit', 'http://192.0.2.1/', '-n', '1'], { XDG_CONFIG_HOME: dir });
  expect(said).toMatch(/list of allowed hosts \(it is larger than 1 MiB\)/);
  expect(exitCode).toBe(5);
});

it('lists scenarios beside one without an end', async () => {
  const scenarios = join(dir, 'scenarios');
  symlinkSync(dir, scenarios);
  writeFileSync(join(dir, 'mine.yaml'), 'schema: 1\n');
  const { exitCode, said } = await cli(['scenarios', '--json']);
  expect(said).toMatch(/endless\.yaml: it is not a regular file/);
  expect(exitCode).toBe(0);
});

it('reads no more of a pipe', async () => {
  async function* yes() {
    for (;;) yield Buffer.alloc(65_536);
  }
  await expect(readPiped(yes())).rejects.toThrow(TooLarge);
});
