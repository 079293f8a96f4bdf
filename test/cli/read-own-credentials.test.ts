import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runCli } from '../../src/cli/run-cli.ts';
import { makeFolder } from '../store/runs.ts';
import { createFakeHost } from './fake-host.ts';
import { createFakeRun } from './fake-services.ts';

/** A folder with the credentials of a probe or an operator, of these rights; nothing listens at port 1. */
function makeCredentials(kind: 'probe' | 'operator', mode: number): string {
  const dir = makeFolder();
  const file = join(dir, 'who.json');
  const content = {
    ...{ schema: 1, role: kind === 'probe' ? { kind, id: 'a' } : { kind }, servers: ['tls://127.0.0.1:1'] },
    ...{ seed: `SU${'A'.repeat(56)}`, ca: 'none' },
  };
  writeFileSync(file, JSON.stringify(content));
  chmodSync(file, mode);
  writeFileSync(join(dir, 'policy.yaml'), 'schema: 1\nrate: nonsense\n');
  return dir;
}

async function errOf(dir: string, ...args: string[]): Promise<string> {
  const host = createFakeHost({ cwd: dir });
  await runCli([...args, '--credentials', 'who.json'], host, createFakeRun().services);
  return host.stderr.text;
}

const COMMANDS = [
  ['probe', ['probe', '--policy', 'policy.yaml']],
  ['probe', ['probe', '--print-ansible-vars', '--policy', 'policy.yaml']],
  ['operator', ['fleet', 'ls']],
] as const;

describe('credentials of a fleet that other users of the machine may read', () => {
  it.each([
    0o644, 0o640, 0o604,
  ])('of mode %o are warned of once, by who is a probe and an operator', async (mode) => {
    for (const [kind, args] of COMMANDS) {
      const dir = makeCredentials(kind, mode);
      const err = await errOf(dir, ...args);
      const warnings = err.split('\n').filter((line) => line.includes('warning'));
      expect(warnings).toEqual([
        `rushhour: warning: other users of this machine may read ${dir}/who.json, which holds a secret key: chmod 600 ${dir}/who.json`,
      ]);
      // It goes on, and fails for its own reason.
      expect(err).toMatch(kind === 'probe' ? /policy\.yaml/ : /127\.0\.0\.1/);
    }
  });

  it.each([0o600, 0o400])('are not warned of with mode %o', async (mode) => {
    for (const [kind, args] of COMMANDS)
      expect(await errOf(makeCredentials(kind, mode), ...args)).not.toContain('warning');
  });
});

describe('credentials of a fleet that are not there', () => {
  it.each([
    [
      ['probe', '--policy', 'p.yaml', '--credentials', 'none.json'],
      '"rushhour probe --enroll TOKEN --credentials FILE" makes them',
    ],
    [['fleet', 'ls', '--fleet', 'none'], '"rushhour fleet up" makes them: name the folder with --fleet DIR'],
    [['probe', '--enroll', 'x'], 'rushhour probe --enroll TOKEN --credentials FILE: it writes that file'],
  ])('are told of by %j with what makes them', async (args, hint) => {
    const host = createFakeHost({ cwd: makeFolder() });
    expect(await runCli(args, host, createFakeRun().services)).toBe(2);
    expect(host.stderr.text.split('\n')[1]).toContain(`  ${hint}`);
  });
});
