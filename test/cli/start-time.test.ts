import { expect, it } from 'vitest';
import { parseStartTime } from '../../src/cli/flags/start-time.ts';

const NOW = new Date(2025, 0, 31, 12, 0, 0).getTime();

it.each([
  ['12:00', new Date(2025, 1, 1, 12, 0, 0)],
  ['12:00:01', new Date(2025, 0, 31, 12, 0, 1)],
  ['11:59:59', new Date(2025, 1, 1, 11, 59, 59)],
  ['9:30', new Date(2025, 1, 1, 9, 30, 0)],
  ['2025-02-01T02:00', new Date(2025, 1, 1, 2, 0, 0)],
  ['2025-02-01T02:00:30.5', new Date(2025, 1, 1, 2, 0, 30, 500)],
])('%s is the next such moment by the local time', (text, at) => {
  expect(parseStartTime(text, NOW)).toBe(at.getTime());
});

it('a moment with an offset does not depend on the local time', () => {
  const at = Date.UTC(2025, 1, 2, 2, 0, 0);
  expect(parseStartTime('2025-02-02T02:00:00Z', NOW)).toBe(at);
  expect(parseStartTime('2025-02-02T04:00:00+02:00', NOW)).toBe(at);
});

it.each([
  '24:00',
  '12:60',
  '12',
  'noon',
  '2025-02-01',
  '2025-13-01T00:00Z',
  '2025-02-29T00:00Z',
  '12:00:60',
  '-1:00',
])('%s is none', (text) => {
  expect(() => parseStartTime(text, NOW)).toThrow(/is not a time/);
});

it('is in the future, but within the time for which orders are kept', () => {
  expect(() => parseStartTime('2025-01-31T11:59:59Z', Date.UTC(2025, 0, 31, 12))).toThrow(/is over/);
  expect(() => parseStartTime('2025-03-31T12:00:00Z', NOW)).toThrow(/more than 29 days ahead/);
});
