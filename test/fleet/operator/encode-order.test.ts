import { expect, it } from 'vitest';
import { order, readMessage } from '../../../src/fleet/messages.ts';
import { encodeOrder } from '../../../src/fleet/operator/encode-order.ts';
import { nameInOrder, SCENARIO_NAME, STREAMS } from '../../../src/fleet/protocol.ts';

const LOAD = {
  scenario: { name: 'steady', text: 'schema: 1\n', overrides: {} },
  share: { index: 0, count: 1 },
  label: '',
};
const orderOf = (changes: Partial<typeof LOAD> = {}, set?: string[]) => {
  const { scenario, ...load } = { ...LOAD, ...changes };
  return {
    ...({ v: 1, kind: 'run', fleetRun: '20250131-060000-steady-k3f9' } as const),
    ...{ ...load, scenario: { ...scenario, overrides: set === undefined ? {} : { set } } },
    ...{ startsAtMs: 1, expiresAtMs: 2 },
    agreed: { startsAtMs: 1, offsetMs: 0, errorMs: 0, labels: {} },
  };
};
const scenarioOf = (text: string) => ({ ...LOAD.scenario, text });
const failureOf = (...args: Parameters<typeof orderOf>) => {
  try {
    encodeOrder(orderOf(...args));
  } catch (error) {
    const { message, hint } = error as Error & { hint: string };
    return `${message} (${hint})`;
  }
  return '';
};

it('sends what a probe reads', () => {
  const sent = orderOf({ scenario: scenarioOf('#'.repeat(262_144)), label: 'x'.repeat(500) });
  expect(readMessage(order, Buffer.from(encodeOrder(sent)))).toEqual(sent);
});

it('refuses what no probe would take, and says what it is', () => {
  expect(failureOf({ scenario: scenarioOf('#'.repeat(262_145)) })).toBe(
    'the file of the scenario is too long for a fleet: 262,145 characters (an order has room for 262,144)',
  );
  expect(failureOf({ label: 'x'.repeat(501) })).toBe(
    '--label is too long for a fleet: 501 characters (an order has room for 500)',
  );
  expect(failureOf({}, ['x'.repeat(2_001)])).toMatch(/^--set is too long for a fleet: 2,001 characters/);
  expect(failureOf({}, Array(101).fill('a=b'))).toMatch(/^--set is too long for a fleet: 101 entries/);
  // Within the characters of a file, and more bytes than the stream takes.
  expect(failureOf({ scenario: scenarioOf('\u{20ac}'.repeat(200_000)) })).toMatch(
    /^what is ordered is too large for a fleet: 600,\d{3} bytes \(an order has room for 523,264, /,
  );
  expect(STREAMS.orders.max_msg_size).toBeGreaterThan(523_264);
});

it.each([
  ['steady', 'steady'],
  ['we ird', 'we-ird'],
  ["a'b$(id)", 'a-b--id-'],
  ['-x', 'x'],
  ['.hidden', 'hidden'],
  ['é', 'scenario'],
  ['', 'scenario'],
  ['a'.repeat(200), 'a'.repeat(64)],
])('has a name for a file called %j', (file, name) => {
  expect(nameInOrder(file)).toBe(name);
  expect(name).toMatch(SCENARIO_NAME);
});
