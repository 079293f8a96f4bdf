import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { order } from '../../src/fleet/messages.ts';
import { permissionsOf, STREAMS, type StreamPlan } from '../../src/fleet/protocol.ts';

const PAGE = readFileSync(join(import.meta.dirname, '../../docs/fleet.md'), 'utf8');

const days = (ns: number) => `${ns / 86_400_000_000_000} days`;
const size = (bytes: number) => (bytes >= 2 ** 30 ? `${bytes / 2 ** 30} GiB` : `${bytes / 2 ** 20} MiB`);

it('docs/fleet.md says of each stream what the server is told', () => {
  const rows = Object.values<StreamPlan>(STREAMS).map(
    ({ name, subjects, what, max_age, max_bytes, discard }) =>
      `| \`${name}\` | \`${subjects.join('`, `')}\` | ${what} | ${days(max_age)} | ${size(max_bytes)}; ${
        discard === 'new' ? 'takes no more' : 'the oldest goes'
      } |`,
  );
  for (const row of rows) expect(PAGE).toContain(row);
});

it('docs/fleet.md says what a probe may do, and no more', () => {
  const { publish, subscribe } = permissionsOf({ kind: 'probe', id: 'ID' });
  const list = (subjects: readonly string[]) => subjects.map((subject) => `\`${subject}\``).join(', ');
  expect(PAGE).toContain(`| publish | ${list(publish)} |`);
  expect(PAGE).toContain(`| subscribe | ${list(subscribe)} |`);
});

it('an order cannot name commands, secrets or files of a probe beside its scenario', () => {
  const run = {
    ...{ v: 1, kind: 'run', fleetRun: 'one', share: { index: 0, count: 1 }, label: '' },
    ...{ startsAtMs: 1, expiresAtMs: 2, scenario: { name: 'steady', text: '', overrides: {} } },
    agreed: { startsAtMs: 1, offsetMs: -3_600_000.5, errorMs: 1.5, labels: {} },
  };
  expect(order.safeParse(run).success).toBe(true);
  for (const key of ['proxyUser', 'keytab', 'firewall', 'defaults', 'emulate', 'pac']) {
    const scenario = { ...run.scenario, overrides: { [key]: 'x' } };
    expect(order.safeParse({ ...run, scenario }).success).toBe(false);
  }
  for (const fleetRun of ['../x', 'a.b', '', 'a'.repeat(121), 'x/y', 'a*'])
    expect(order.safeParse({ ...run, fleetRun }).success).toBe(false);
  expect(order.safeParse({ ...run, share: { index: 1, count: 1 } }).success).toBe(false);
  expect(order.safeParse({ ...run, v: 2 }).success).toBe(false);
});
