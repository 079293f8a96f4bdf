import { expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { sumBeside } from '../../src/metrics/beside.ts';
import { formatPings } from '../../src/render/pings.ts';

const arms = (count: number) => ({ stress: { stalled: { count } } }) as unknown as Summary['arms'];

it('puts pings that were fine beside the stalls meanwhile', () => {
  const pings = { '10.0.0.5': { sent: 300, answered: 300, minUs: 300, meanUs: 412, maxUs: 1_200 } };
  expect(formatPings({ pings, arms: arms(1_239) })).toEqual([
    '10.0.0.5: 300 of 300 answered, 412 us on average (300 us to 1.20 ms); meanwhile 1,239 handshakes stalled',
  ]);
  const none = { '10.0.0.5': { sent: 3, answered: 0, minUs: null, meanUs: null, maxUs: null } };
  expect(formatPings({ pings: none, arms: arms(0) })).toEqual(['10.0.0.5: 0 of 3 answered']);
  expect(formatPings({ arms: arms(5) })).toEqual([]);
});

it('adds up seconds with answers and without', () => {
  const lost = { sent: 1, answered: 0, sumUs: 0, minUs: -1, maxUs: -1 };
  const fine = { sent: 1, answered: 1, sumUs: 400, minUs: 400, maxUs: 400 };
  const sum = { sent: 3, answered: 2, sumUs: 900, minUs: 400, maxUs: 500 };
  const slow = { ...fine, sumUs: 500, minUs: 500, maxUs: 500 };
  expect(sumBeside([lost, fine, slow].map((counts) => ({ pings: { a: counts } }))).pings).toEqual({ a: sum });
  expect(sumBeside([{ pings: { a: lost } }, {}]).pings).toEqual({ a: lost });
});
