import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { FirewallWatch } from '../../../src/evidence/firewall/firewall-watch.ts';
import { runCommand } from '../../../src/evidence/firewall/run-command.ts';
import type { FirewallSpec } from '../../../src/scenario/types.ts';
import { eachFirewallOutput, type FirewallOutput } from '../../../src/store/firewall-file.ts';
import { makeFolder } from '../../store/runs.ts';

async function watch(spec: Omit<FirewallSpec, 'timeoutUs'>, meanwhile: (dir: string) => Promise<void>) {
  const dir = makeFolder();
  const warnings: string[] = [];
  const watching = new FirewallWatch({
    spec: { timeoutUs: 10_000_000, ...spec },
    secrets: ['swordfish'],
    warn: (message) => warnings.push(message),
  });
  await watching.before();
  watching.begin(dir);
  await meanwhile(dir);
  await watching.after();
  const outputs: FirewallOutput[] = [];
  await eachFirewallOutput(dir, (output) => outputs.push(output));
  return { outputs, warnings };
}

async function until(holds: () => boolean): Promise<void> {
  for (let tries = 0; tries < 500 && !holds(); tries += 1) await sleep(10);
  expect(holds()).toBe(true);
}

describe('a run keeps what the firewall said', () => {
  it('before, during and after its load, without secrets', async () => {
    const { outputs, warnings } = await watch(
      { before: 'echo timer 1; echo motd swordfish', run: 'echo drops 3', everyUs: 20_000 },
      (dir) =>
        until(() => readdirSync(dir).includes('firewall.jsonl') && lines(dir).filter(isDuring).length > 1),
    );
    expect(warnings).toEqual([]);
    const phases = outputs.map(({ phase }) => phase);
    expect([phases[0], phases.at(-1)]).toEqual(['before', 'after']);
    expect(new Set(phases.slice(1, -1))).toEqual(new Set(['during']));
    expect(outputs[0]).toMatchObject({ program: 'echo', text: 'timer 1\nmotd [redacted]\n' });
    expect(outputs.at(-1)).toMatchObject({ isAgain: true, text: outputs[0]!.text });
    expect(outputs[2]).toMatchObject({ isSame: true, text: 'drops 3\n' });
  });

  it('and goes on where a command fails, naming it without its words', async () => {
    const { outputs, warnings } = await watch(
      { before: 'echo half; echo no route to swordfish >&2; exit 3', after: '/no/such/program --token x' },
      async () => {},
    );
    expect(outputs.map(({ phase, failure }) => [phase, failure])).toEqual([
      ['before', 'ended with exit code 3'],
      ['after', 'ended with exit code 127'],
    ]);
    expect(outputs[0]).toMatchObject({ text: 'half\n', errors: 'no route to [redacted]' });
    expect(warnings).toEqual([
      'firewall: the command before the load (echo) ended with exit code 3: no route to [redacted]; the load continues',
      expect.stringMatching(
        /^firewall: the command after the load \(program\) ended with exit code 127: .*; the load continues$/,
      ),
    ]);
    expect(warnings.join()).not.toContain('--token');
  });
});

function lines(dir: string): string[] {
  return readFileSync(join(dir, 'firewall.jsonl'), 'utf8').split('\n');
}

function isDuring(line: string): boolean {
  return line.includes('"during"');
}

describe('a command', () => {
  const asked = { timeoutUs: 10_000_000, mostBytes: 1_000 };

  it('keeps the beginning of much output, and counts the rest', async () => {
    const { text, leftOutBytes } = await runCommand({ ...asked, command: 'head -c 5000 /dev/zero' }).answered;
    expect([text.length, leftOutBytes]).toEqual([1_000, 4_000]);
  });

  it('finds nothing on stdin, so that one that asks for a password ends', async () => {
    expect((await runCommand({ ...asked, command: 'read -r word' }).answered).failure).toBe(
      'ended with exit code 1',
    );
  });
});
