import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { parsePolicy } from '../../src/fleet/policy/read-policy.ts';
import type { Policy } from '../../src/fleet/policy/schema.ts';
import { planRun } from '../../src/fleet/probe/plan-run.ts';

it('refuses in words what the probe cannot judge for now, and tells no path of its own', async () => {
  const text =
    'schema: 1\ntarget: http://10.0.0.1/\narms:\n  a:\n    via: tcp\n    load:\n      - hold: { rate: 1/s, for: 1s }\n';
  const failure = Object.assign(new Error("EMFILE: too many open files, open '/srv/a'"), { code: 'EMFILE' });
  const policy = new Proxy({} as Policy, {
    get() {
      throw failure;
    },
  });
  const order = { scenario: { name: 'a', text, overrides: {} }, startsAtMs: 1_000, expiresAtMs: 2_000 };
  expect(await planRun(order, policy, 0)).toEqual({
    accepted: false,
    reasons: ['the probe cannot judge it for now (EMFILE)'],
  });
});

it('takes a scenario that is named for the file of this installation alone, whatever it is called', async () => {
  const own = readFileSync(new URL('../../scenarios/quickstart.yaml', import.meta.url), 'utf8');
  const planned = (name: string, text: string, rules: string) => {
    const policy = parsePolicy(
      `schema: 1\nembedded: true\nrate: 100000\nattempts: 1000000\nscenarios: [${rules}]\n`,
      'policy',
    );
    const order = { scenario: { name, text, overrides: {} }, startsAtMs: 1_000, expiresAtMs: 2_000 };
    return planRun(order, policy, 0);
  };
  expect(await planned('quickstart', own, 'steady, quickstart')).toMatchObject({ accepted: true });
  expect(await planned('other', own, 'quickstart')).toMatchObject({ accepted: true });
  for (const [name, text, rules] of [
    ['quickstart', own, 'steady'],
    ['quickstart', `${own}\n`, 'quickstart'],
    ['quickstart', own, 'no-such'],
    ['quickstart', own, `'sha256:${'0'.repeat(64)}'`],
  ] as const)
    expect(await planned(name, text, rules)).toMatchObject({
      accepted: false,
      reasons: [expect.stringContaining('is not among those that the policy allows')],
    });
});
