import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isWithinHours, parseHours } from '../../../src/fleet/policy/hours.ts';

/** A Monday, local time. */
const at = (day: number, hour: number, minute = 0): number =>
  new Date(2026, 5, 1 + day, hour, minute).getTime();
const within = (hours: readonly string[], fromMs: number, toMs: number) =>
  isWithinHours(hours.map(parseHours), fromMs, toMs);

describe('hours', () => {
  it('that end in the morning belong to the day on which they begin', () => {
    const nights = ['mon-fri 20:00-06:00'];
    expect(within(nights, at(0, 20), at(1, 6))).toBe(true);
    expect(within(nights, at(4, 23), at(5, 5, 59))).toBe(true);
    expect(within(nights, at(5, 20), at(5, 21))).toBe(false);
    expect(within(nights, at(0, 5), at(0, 5, 30))).toBe(false);
    expect(within(nights, at(1, 5, 30), at(1, 6, 1))).toBe(false);
    expect(within(nights, at(0, 19, 59), at(0, 20, 1))).toBe(false);
  });

  it('of a whole day, of some days, and of several windows that meet', () => {
    expect(within(['sat,sun'], at(5, 0), at(7, 0))).toBe(true);
    expect(within(['sat,sun'], at(6, 23), at(7, 0, 1))).toBe(false);
    expect(within(['01:00-05:00', '05:00-06:00'], at(2, 4), at(2, 6))).toBe(true);
    expect(within(['fri-mon 12:00-13:00'], at(6, 12), at(6, 13))).toBe(true);
    expect(within([], at(2, 4), at(9, 6))).toBe(true);
  });

  it.each([
    '',
    'always',
    'mon 20:00',
    '24:00-02:00',
    '20:60-21:00',
    'mon-fry 1:00-2:00',
    'mon 1:00-2:00-3:00',
  ])('%j is refused', (text) => expect(() => parseHours(text)).toThrow(/does not say when/));

  it('that begin and end at the same time are refused: whether that is none or a day is not said', () => {
    expect(() => parseHours('mon-fri 20:00-20:00')).toThrow(/begins and ends at the same time/);
  });

  it('hold for every minute of what they allow', () => {
    const minute = fc.integer({ min: 0, max: 1_439 });
    const form = (min: number) => `${Math.floor(min / 60)}:${String(min % 60).padStart(2, '0')}`;
    const rule = fc
      .tuple(fc.constantFrom('mon', 'wed-fri', 'sat,tue', ''), minute, minute)
      .filter(([, start, end]) => start !== end);
    fc.assert(
      fc.property(
        fc.array(rule, { minLength: 1, maxLength: 3 }),
        minute,
        fc.nat(2_000),
        (rules, from, length) => {
          const hours = rules.map(([days, start, end]) => parseHours(`${days} ${form(start)}-${form(end)}`));
          const fromMs = at(2, 0, from);
          const isOpen = (ms: number) => isWithinHours(hours, ms, ms + 1);
          const each = Array.from({ length }, (_, index) => isOpen(fromMs + index * 60_000));
          expect(isWithinHours(hours, fromMs, fromMs + length * 60_000)).toBe(
            length === 0 ? isOpen(fromMs) : each.every(Boolean),
          );
        },
      ),
    );
  });
});
