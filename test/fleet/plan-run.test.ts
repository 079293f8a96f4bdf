import { expect, it } from 'vitest';
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
