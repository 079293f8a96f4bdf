import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import {
  beginningsAfterGaps,
  findClockChanges,
  formatClockChanges,
} from '../../src/service/clock-changes.ts';
import { firstOfTwo } from '../../src/service/earlier-start.ts';
import { calendarOf } from '../../src/service/schedule.ts';
import { suiteNeeding } from '../support/suite-needing.ts';

const NOW = Date.UTC(2026, 10, 28);
const utc = (zone: string) =>
  findClockChanges(zone, NOW, 400)
    .slice(0, 2)
    .map(({ atMs, beforeMin, afterMin }) => [new Date(atMs).toISOString().slice(0, 16), beforeMin, afterMin]);

describe('the next changes of clocks', () => {
  it.each([
    [
      'Europe/London',
      [
        ['2027-03-28T01:00', 0, 60],
        ['2027-10-31T01:00', 60, 0],
      ],
    ],
    [
      'Europe/Dublin',
      [
        ['2027-03-28T01:00', 0, 60],
        ['2027-10-31T01:00', 60, 0],
      ],
    ],
    [
      'America/New_York',
      [
        ['2027-03-14T07:00', -300, -240],
        ['2027-11-07T06:00', -240, -300],
      ],
    ],
    [
      'Australia/Lord_Howe',
      [
        ['2027-04-03T15:00', 660, 630],
        ['2027-10-02T15:30', 630, 660],
      ],
    ],
    ['UTC', []],
    ['Asia/Kolkata', []],
    ['America/Sao_Paulo', []],
  ])('of %s are those of its law', (zone, changes) => {
    expect(utc(zone)).toEqual(changes);
  });
});

describe('a night', () => {
  it('is told what they do to it', () => {
    expect(formatClockChanges('Europe/London', NOW, { at: '01:30', on: null })).toEqual([
      'Europe/London: clocks go from 2027-03-28 01:00 to 02:00: 01:30 does not exist, so the soak starts at 02:00',
      'Europe/London: clocks go from 2027-10-31 02:00 to 01:00: 01:30 occurs twice, but the soak starts only once',
    ]);
    expect(formatClockChanges('America/New_York', NOW, { at: '01:30', on: 'Mon..Fri' })).toEqual([
      'America/New_York: clocks go from 2027-03-14 02:00 to 03:00',
      'America/New_York: clocks go from 2027-11-07 02:00 to 01:00',
    ]);
    expect(formatClockChanges('Australia/Lord_Howe', NOW, { at: '02:15', on: 'Sun' })).toEqual([
      'Australia/Lord_Howe: clocks go from 2027-04-04 02:00 to 01:30',
      'Australia/Lord_Howe: clocks go from 2027-10-03 02:00 to 02:30: 02:15 does not exist, so the soak starts at 02:30',
    ]);
    expect(formatClockChanges('Asia/Kolkata', NOW)).toEqual(['Asia/Kolkata: clocks do not change']);
  });
});

describe('the next start that is shown', () => {
  it.each([
    ['Europe/London', '01:30', '2027-03-27T12:00Z', '2027-03-28T01:00:00.000Z'],
    ['Europe/London', '01:30', '2027-10-30T12:00Z', '2027-10-31T00:30:00.000Z'],
    ['Australia/Lord_Howe', '02:15', '2027-10-02T12:00Z', '2027-10-02T15:30:00.000Z'],
    ['UTC', '01:30', '2027-03-27T12:00Z', '2027-03-28T01:30:00.000Z'],
  ])('in %s, %s after %s, is the timer’s', (zone, at, after, expected) => {
    const module = new URL('../../dist/service/schedule.js', import.meta.url).href;
    const script = `import { nextStart } from '${module}';
      process.stdout.write(nextStart({ at: '${at}', on: null }, Date.parse('${after}')).toISOString());`;
    const env = { ...process.env, TZ: zone };
    const args = ['--input-type=module', '-e', script];
    expect(execFileSync(process.execPath, args, { encoding: 'utf8', env })).toBe(expected);
  });
});

suiteNeeding('clocks as systemd reads them', ['linux', 'systemd-analyze'], () => {
  /** Moments of the timer around a change. */
  function beginnings(zone: string, base: string, calendars: readonly string[], count: number): string[] {
    const args = ['calendar', `--iterations=${count}`, `--base-time=${base}`, ...calendars];
    const told = execFileSync('systemd-analyze', args, {
      encoding: 'utf8',
      env: { ...process.env, TZ: zone, LC_ALL: 'C' },
    });
    return [...new Set(told.match(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/g))].sort();
  }

  it.each([
    ['Europe/London', '01:30', '2027-03-27', ['03-27 01:30', '03-28 01:00', '03-29 00:30']],
    ['Europe/Dublin', '01:30', '2027-03-27', ['03-27 01:30', '03-28 01:00', '03-29 00:30']],
    ['America/New_York', '02:30', '2027-03-13', ['03-13 07:30', '03-14 07:00', '03-15 06:30']],
    ['Australia/Lord_Howe', '02:15', '2027-10-02', ['10-01 15:45', '10-02 15:30', '10-03 15:15']],
  ])('%s at %s: one night for each date, that of the gap as it ends', (zone, at, day, expected) => {
    const night = { at, on: null };
    const gap = beginningsAfterGaps(night, zone, NOW)[0]!;
    const all = beginnings(zone, `${day} 00:00:00`, [calendarOf(night), gap], 2);
    expect(all).toEqual(expected.map((text) => `2027-${text}:00 UTC`));
  });

  it.each([
    ['Europe/London', '01:30', '2027-10-30', ['10-30 00:30', '10-31 00:30', '11-01 01:30']],
    ['America/New_York', '01:30', '2027-11-06', ['11-06 05:30', '11-07 05:30', '11-08 06:30']],
    ['Australia/Lord_Howe', '01:45', '2027-04-03', ['04-02 14:45', '04-03 14:45', '04-04 15:15']],
  ])('%s at %s: a time that comes twice is taken once', (zone, at, day, expected) => {
    const all = beginnings(zone, `${day} 00:00:00`, [calendarOf({ at, on: null })], 3);
    expect(all).toEqual(expected.map((text) => `2027-${text}:00 UTC`));
  });

  it('a timer that is started between the two takes the second: the night has to be kept from beginning', () => {
    const between = `@${Date.parse('2027-10-31T01:10:00Z') / 1_000}`;
    const args = ['calendar', `--base-time=${between}`, calendarOf({ at: '01:30', on: null })];
    const env = { ...process.env, TZ: 'Europe/London', LC_ALL: 'C' };
    const told = execFileSync('systemd-analyze', args, { encoding: 'utf8', env });
    const [next = ''] = told.match(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC/) ?? [];
    expect(next).toBe('2027-10-31 01:30:00 UTC');
    expect(firstOfTwo('01:30', 'Europe/London', Date.parse(next))).toBe(Date.parse('2027-10-31T00:30:00Z'));
  });
});
