import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { createFakeHost } from './fake-host.ts';

const CANARY = 'c4n4ry-9f3b';
const HIT = ['hit', 'http://127.0.0.1/'];

async function refusal(args: readonly string[], env: Record<string, string> = {}) {
  const host = createFakeHost({ env });
  const exitCode = await runCli(args, host);
  return { exitCode, said: host.stdout.text + host.stderr.text };
}

describe('a password', () => {
  it.each([
    `http://ada:${CANARY}@proxy.test:3128`,
    `http//ada:${CANARY}@proxy.test`,
    `ada:${CANARY}@proxy.test:3128`,
    `ada:a/${CANARY}@proxy.test:3128`,
    `ada:a@${CANARY}@proxy.test:3128`,
    `http://ada:#${CANARY}@proxy.test:3128/`,
  ])('in an address where something else belongs is not repeated: %s', async (address) => {
    for (const args of [
      [address],
      ['help', address],
      ['run', address],
      ['compare', address, address],
      ['completion', address],
      [...HIT, '-X', address],
      [...HIT, '-x', address],
      [...HIT, '-n', address],
      [...HIT, '--rate', address],
      [...HIT, '--close', address],
      [...HIT, '--peer', address],
      [...HIT, '-d', `@${address}`],
      [...HIT, '--negotiate', '--service', address],
      ['hit', address, '--results', '/dev/null'],
      ['run', 'steady', '--target', address],
      ['run', 'quickstart', '--set', `arms.traffic.via=${address}`],
      ['run', 'quickstart', '--set', `target=${address}`],
    ]) {
      const { exitCode, said } = await refusal(args);
      expect([args, exitCode]).toEqual([args, 2]);
      expect(said).not.toContain(CANARY);
    }
    for (const name of ['RUSHHOUR_TARGET', 'RUSHHOUR_PROXY'])
      expect((await refusal(['run', 'steady'], { [name]: address })).said).not.toContain(CANARY);
  });

  it.each([
    [`--usr=ada:${CANARY}`, "unknown option '--usr'\n(Did you mean --user?)"],
    [`-pZ${CANARY}`, "unknown option '-Z'"],
  ])('behind a flag that does not exist is not repeated: %s', async (flag, told) => {
    const { exitCode, said } = await refusal([...HIT, flag]);
    expect(exitCode).toBe(2);
    expect(said).toContain(told);
    expect(said).not.toContain(CANARY);
  });

  it('is what addresses lose, and nothing else', async () => {
    const { said } = await refusal(['run', 'ada@[::1]:80/@x']);
    expect(said).toContain('the scenario file ada@[::1]:80/@x cannot be read');
  });
});
