import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { loadScenario, parseScenario } from '../../src/scenario/load.ts';
import { redactScenario } from '../../src/scenario/secret-places.ts';
import { maskCommand, programOf } from '../../src/scenario/shell-command.ts';
import { makeFolder } from '../store/runs.ts';

const scenario = (firewall: string) => `schema: 1
target: tcp://192.0.2.1:443
${firewall}
arms: { only: { load: { concurrency: 1, attempts: 1 } } }
`;
const PLAIN = scenario('firewall: { before: show timers, run: show drops, every: 5s }');

describe('the commands that ask a firewall', () => {
  it('come from the scenario, or from flags, which replace each; or none does', () => {
    expect(parseScenario(PLAIN, 'mine').firewall).toEqual({
      ...{ before: 'show timers', run: 'show drops', everyUs: 5_000_000, timeoutUs: 20_000_000 },
    });
    const firewall = { before: 'ask it', after: 'ask again' };
    expect(parseScenario(PLAIN, 'mine', { firewall }).firewall).toMatchObject({
      ...{ before: 'ask it', after: 'ask again', run: 'show drops' },
    });
    expect(parseScenario(PLAIN, 'mine', { firewall: { asks: false } }).firewall).toBeUndefined();
  });

  it.each([
    ['firewall: {}', 'no command'],
    ['firewall: { before: "" }', 'an empty command'],
    ['firewall: { before: a, every: 5s }', '"every" without "run"'],
    ['firewall: { run: a, every: 100ms }', 'more often than a firewall should be asked'],
    ['firewall: { run: a, timeout: 5m }', 'longer than a run should wait'],
  ])('%s is refused: %s', (written, why) => {
    expect(() => parseScenario(scenario(written), 'mine')).toThrow(why);
  });

  it('leave nothing but the name of a program in what a run keeps of them', () => {
    const written = scenario(
      'firewall: { before: "/usr/bin/ssh -l admin fw show", run: "TOKEN=abc curl x" }',
    );
    expect(redactScenario(parseScenario(written, 'mine')).firewall).toMatchObject({
      ...{ before: 'ssh [redacted]', run: '[redacted]' },
    });
  });

  it.each([
    'run/mine.yaml',
    'run/capture/mine.yaml',
    'mine.yaml',
  ])('of a scenario that lies among results (%s) are never run', async (path) => {
    const results = makeFolder();
    mkdirSync(join(results, 'run', 'capture'), { recursive: true });
    writeFileSync(join(results, 'run', 'run.json'), '{}');
    writeFileSync(join(results, path), PLAIN);
    await expect(loadScenario(join(results, path), [])).rejects.toThrow(/is in a results folder/);
    const without = await loadScenario(join(results, path), [], { firewall: { asks: false } });
    expect(without.firewall).toBeUndefined();
  });
});

it.each([
  ['sshpass -p hunter2 ssh fw show', 'hunter2'],
  ['FW_PASSWORD=hunter2 show', 'hunter2'],
  ["curl -H 'Authorization: Bearer hunter2' https://fw/api", 'hunter2'],
  ['curl -u admin:hunter2 https://fw/api', 'hunter2'],
  ['curl "https://fw/api?access_token=hunter2"', 'hunter2'],
  ['plink -pw hunter2 admin@fw show', 'hunter2'],
])('%s is shown without its secret before it is run', (command, secret) => {
  expect(maskCommand(command)).not.toContain(secret);
});

it('shows a command whole that has none, and variables by their names', () => {
  const command = 'ssh fw \'show full-configuration system global\'; curl -u "$FW_USER" https://fw/';
  expect(maskCommand(command)).toBe(command);
  expect([programOf('sudo nft list ruleset'), programOf('{ a; }')]).toEqual(['sudo', '[redacted]']);
});
