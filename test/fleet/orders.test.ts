import { describe, expect, it } from 'vitest';
import { Orders, type OrdersOptions } from '../../src/fleet/probe/orders.ts';
import { PROTOCOL } from '../../src/fleet/protocol.ts';

const ORDER = {
  ...{ v: PROTOCOL, kind: 'run', fleetRun: '20250131-060000-quickstart-ab12' },
  scenario: { name: 'quickstart', text: 'schema: 1', overrides: {} },
  ...{ share: { index: 0, count: 1 }, label: '' },
  ...{ startsAtMs: 1_000, expiresAtMs: 2_000 },
  agreed: { startsAtMs: 1_000, offsetMs: 0, errorMs: 1, labels: {} },
};

/** What a probe tells whose outbox meets this error. */
async function tellOf(
  error: Error,
  order: object = ORDER,
): Promise<{ readonly told: unknown[]; readonly said: string[] }> {
  const [told, said]: [unknown[], string[]] = [[], []];
  const options = {
    id: 'leeds-1',
    say: (line: string) => said.push(line),
    outbox: { take: () => Promise.reject(error) },
  } as unknown as OrdersOptions;
  const data = Buffer.from(JSON.stringify(order));
  await new Orders(options).take(data, async (_, id, payload) => {
    told.push([id, JSON.parse(Buffer.from(payload).toString())]);
  });
  return { told, said };
}

describe('an order that a probe cannot keep', () => {
  it.each([
    ['ENOSPC', 'its disk is full'],
    ['EMFILE', 'it cannot keep it for now (EMFILE)'],
    [
      'EROFS',
      'it cannot keep it for now (EROFS): its owner has to make the folders of --results and --state writable',
    ],
  ])('is refused in words: %s', async (code, reason) => {
    const error = Object.assign(new Error(`${code}: open '/home/pi/secret'`), { code, syscall: 'open' });
    const { told, said } = await tellOf(error);
    const { fleetRun } = ORDER;
    expect(told).toEqual([
      [`leeds-1.${fleetRun}.refused`, { v: PROTOCOL, kind: 'refused', fleetRun, reasons: [reason] }],
    ]);
    expect(said).toEqual([`${fleetRun}: ${error.message}`, `${fleetRun}: refused: ${reason}`]);
  });

  it('is refused in words also where it is of another version', async () => {
    const error = Object.assign(new Error('EMFILE'), { code: 'EMFILE', syscall: 'open' });
    const { told } = await tellOf(error, { ...ORDER, v: PROTOCOL + 1 });
    expect(told).toMatchObject([[expect.any(String), { reasons: ['it cannot keep it for now (EMFILE)'] }]]);
  });

  it('hides no fault of the program', async () => {
    await expect(tellOf(new TypeError('undefined is not a function'))).rejects.toThrow('not a function');
  });
});
