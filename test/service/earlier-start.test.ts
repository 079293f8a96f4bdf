import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findEarlierStart, firstOfTwo } from '../../src/service/earlier-start.ts';
import { keepRun } from './kept-runs.ts';

const firstAt = (zone: string, at: string, now: string): string | undefined => {
  const firstMs = firstOfTwo(at, zone, Date.parse(now));
  return firstMs === undefined ? undefined : new Date(firstMs).toISOString();
};

describe('a time that has just come', () => {
  it.each([
    ['Europe/London', '01:30', '2027-10-31T01:30:04Z', '2027-10-31T00:30:00.000Z'],
    ['Europe/London', '01:00', '2027-10-31T01:00:00Z', '2027-10-31T00:00:00.000Z'],
    ['Europe/Berlin', '02:59', '2027-10-31T01:59:59Z', '2027-10-31T00:59:00.000Z'],
    ['America/New_York', '01:30', '2027-11-07T06:31:00Z', '2027-11-07T05:30:00.000Z'],
    ['Australia/Lord_Howe', '01:45', '2027-04-03T15:15:00Z', '2027-04-03T14:45:00.000Z'],
    // On both sides of midnight.
    ['Atlantic/Azores', '00:30', '2027-10-31T01:30:00Z', '2027-10-31T00:30:00.000Z'],
    ['Africa/Cairo', '23:15', '2027-10-28T21:15:00Z', '2027-10-28T20:15:00.000Z'],
  ])('in %s, %s at %s, came before', (zone, at, now, first) => {
    expect(firstAt(zone, at, now)).toBe(first);
  });

  it.each([
    ['the first of the two', 'Europe/London', '01:30', '2027-10-31T00:30:00Z'],
    ['half an hour after the second', 'Europe/London', '01:30', '2027-10-31T02:00:00Z'],
    ['a time that comes once on that day', 'Europe/London', '02:00', '2027-10-31T02:00:00Z'],
    ['the day before', 'Europe/London', '01:30', '2027-10-30T00:30:00Z'],
    ['the day after', 'Europe/London', '01:30', '2027-11-01T01:30:00Z'],
    ['after the gap in spring', 'Europe/London', '01:30', '2027-03-28T01:00:00Z'],
    ['where clocks do not change', 'UTC', '01:30', '2027-10-31T01:30:00Z'],
  ])('%s did not', (_, zone, at, now) => {
    expect(firstAt(zone, at, now)).toBeUndefined();
  });
});

describe('a night at the second of two times', () => {
  const SECOND_MS = Date.parse('2027-10-31T01:30:02Z');
  let results: string;
  beforeEach(() => {
    results = mkdtempSync(join(tmpdir(), 'rushhour-twice-'));
  });
  afterEach(() => rmSync(results, { recursive: true }));
  const find = async (nowMs = SECOND_MS) => {
    const night = { at: '01:30', scenario: 'steady', label: 'slow', results };
    return (await findEarlierStart(night, 'Europe/London', nowMs))?.id;
  };

  it('has begun before where a run of it was started since the first', async () => {
    keepRun(results, 'tonight', { startedAt: '2027-10-31T00:30:03.100Z', label: 'slow' });
    expect(await find()).toBe('tonight');
    expect(await find(SECOND_MS + 24 * 3_600_000)).toBeUndefined();
  });

  it('has not where that was another night, or none could begin', async () => {
    expect(await find()).toBeUndefined();
    keepRun(results, 'last-night', { startedAt: '2027-10-30T00:30:03.100Z', label: 'slow' });
    keepRun(results, 'another', { startedAt: '2027-10-31T00:30:03.100Z', label: '' });
    expect(await find()).toBeUndefined();
  });
});
