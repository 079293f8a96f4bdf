import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import {
  calendarOf,
  cronTimeOf,
  nextStart,
  overlap,
  parseAt,
  parseDays,
} from '../../src/service/schedule.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const HOUR_US = 3_600_000_000;

describe('a time of day', () => {
  it('is read with and without a leading zero', () => {
    expect([parseAt('01:30'), parseAt('1:30'), parseAt(' 23:59 ')]).toEqual(['01:30', '01:30', '23:59']);
  });

  it.each(['24:00', '1:60', '0130', '1:3', 'noon', '', '01:30:00', '-1:30'])('is not "%s"', (text) => {
    expect(() => parseAt(text)).toThrow(UsageError);
  });
});

describe('days', () => {
  it.each([
    ['Mon..Fri', [1, 2, 3, 4, 5]],
    ['Sat,Sun', [0, 6]],
    ['Fri..Mon', [0, 1, 5, 6]],
    ['mon..wed, Friday', [1, 2, 3, 5]],
    ['Sun', [0]],
  ])('%s are %j', (on, days) => {
    expect(parseDays(on)).toEqual(days);
  });

  it('are all where none are named', () => {
    expect(parseDays(null)).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  it.each([
    '',
    'Mo',
    'Mon..',
    'Mon..Tue..Wed',
    'Mon *-*-* 04:00',
    'Mon\nOnCalendar=*:*',
    'daily',
  ])('are not %j', (on) => {
    expect(() => parseDays(on)).toThrow(UsageError);
  });
});

describe('the next start', () => {
  const friday = new Date(2025, 0, 31, 6).getTime();

  it('is today where that is ahead, and tomorrow where not', () => {
    expect(nextStart({ at: '06:01', on: null }, friday)).toEqual(new Date(2025, 0, 31, 6, 1));
    expect(nextStart({ at: '06:00', on: null }, friday)).toEqual(new Date(2025, 1, 1, 6));
    expect(nextStart({ at: '01:30', on: null }, friday)).toEqual(new Date(2025, 1, 1, 1, 30));
  });

  it('is on one of its days', () => {
    expect(nextStart({ at: '01:30', on: 'Mon..Fri' }, friday)).toEqual(new Date(2025, 1, 3, 1, 30));
  });
});

describe('two nights', () => {
  const night = (at: string, hours: number, on: string | null = null) => ({ at, on, forUs: hours * HOUR_US });

  it.each([
    [night('01:30', 5), night('03:00', 1), true],
    [night('01:30', 5), night('06:30', 1), false],
    [night('23:00', 3), night('01:00', 1), true],
    [night('23:00', 3), night('02:00', 1), false],
    [night('01:30', 5, 'Mon..Fri'), night('03:00', 1, 'Sat,Sun'), false],
    [night('23:00', 3, 'Sat'), night('01:00', 1, 'Sun'), true],
    [night('01:00', 1, 'Sun'), night('23:00', 3, 'Sat'), true],
    [night('01:30', 5), night('01:30', 5), true],
  ])('%j and %j overlap: %s', (a, b, do_) => {
    expect(overlap(a, b)).toBe(do_);
  });
});

suiteNeeding('times as others read them', ['linux', 'systemd-analyze'], () => {
  it.each([
    ['01:30', null],
    ['22:05', 'Mon..Fri'],
    ['00:00', 'Mon..Wed, Fri'],
    ['06:07', 'sat,sunday'],
  ])('%s on %s is a time to systemd, and the one that is shown', (at, on) => {
    const args = ['calendar', '--iterations=1', '--base-time=2025-01-31 06:00:00', calendarOf({ at, on })];
    const env = { ...process.env, TZ: 'UTC', LC_ALL: 'C' };
    const told = execFileSync('systemd-analyze', args, { encoding: 'utf8', env });
    const [, next] = /Next elapse: \w+ (\S+ \S+) UTC/.exec(told) ?? [];
    const base = new Date(2025, 0, 31, 6).getTime();
    const shown = nextStart({ at, on }, base);
    const two = (value: number) => String(value).padStart(2, '0');
    const day = `${shown.getFullYear()}-${two(shown.getMonth() + 1)}-${two(shown.getDate())}`;
    expect(next).toBe(`${day} ${two(shown.getHours())}:${two(shown.getMinutes())}:00`);
  });

  it('are in the fields of crontab', () => {
    expect(cronTimeOf({ at: '01:30', on: null })).toBe('30 1 * * *');
    expect(cronTimeOf({ at: '22:05', on: 'Mon..Fri' })).toBe('5 22 * * 1,2,3,4,5');
  });
});
