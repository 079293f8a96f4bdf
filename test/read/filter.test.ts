import { describe, expect, it } from 'vitest';
import { filterRuns, parseAge, parseSince, parseSize, type RunFilter } from '../../src/read/filter.ts';
import { listing } from '../store/listings.ts';

const RUNS = [
  listing('1', { scenario: 'steady', label: 'timer 60 s', startedAt: '2025-01-01T00:00:00.000Z' }),
  listing('2', {
    scenario: 'nat-recycle',
    label: 'timer 1 s',
    startedAt: '2025-01-20T00:00:00.000Z',
    pass: false,
  }),
  listing('3', { scenario: 'nat-pool', startedAt: '2025-01-31T00:00:00.000Z', status: 'interrupted' }),
];
const chosen = (filter: RunFilter) => filterRuns(RUNS, filter).map(({ id }) => id);

describe('runs are chosen', () => {
  it('by scenario and label, or patterns of them', () => {
    expect(chosen({})).toEqual(['1', '2', '3']);
    expect(chosen({ scenario: 'steady' })).toEqual(['1']);
    expect(chosen({ scenario: 'nat-*' })).toEqual(['2', '3']);
    expect(chosen({ scenario: 'nat' })).toEqual([]);
    expect(chosen({ label: 'timer ? s' })).toEqual(['2']);
    expect(chosen({ label: '' })).toEqual(['3']);
    expect(chosen({ scenario: 'nat.*' })).toEqual([]);
  });

  it('by time, status and verdict, all at once', () => {
    expect(chosen({ sinceMs: Date.parse('2025-01-20T00:00:00Z') })).toEqual(['2', '3']);
    expect(chosen({ status: 'interrupted' })).toEqual(['3']);
    expect(chosen({ failed: true })).toEqual(['2']);
    expect(chosen({ failed: true, scenario: 'steady' })).toEqual([]);
  });
});

describe('ages, moments and sizes', () => {
  const NOW = Date.parse('2025-01-31T06:00:00Z');

  it('are read', () => {
    expect(parseAge('30d')).toBe(30 * 86_400_000);
    expect(parseAge('2w')).toBe(14 * 86_400_000);
    expect(parseAge('1h30m')).toBe(5_400_000);
    expect(parseSince('12h', NOW)).toBe(Date.parse('2025-01-30T18:00:00Z'));
    expect(parseSince('2025-01-30', NOW)).toBe(Date.parse('2025-01-30T00:00:00Z'));
    expect(parseSince('2025-01-30T06:00:00+01:00', NOW)).toBe(Date.parse('2025-01-30T05:00:00Z'));
    expect(['2GB', '500 MB', '1.5k', '7'].map(parseSize)).toEqual([2e9, 5e8, 1_500, 7]);
  });

  it('are refused where they make no sense', () => {
    expect(() => parseSince('yesterday', NOW)).toThrow('neither a date nor an age');
    expect(() => parseSince('2025-13-45', NOW)).toThrow('neither a date nor an age');
    expect(() => parseAge('30')).toThrow('is an age without a unit');
    expect(() => parseSince('30', NOW)).toThrow('neither a date nor an age');
    expect(() => parseSize('2 apples')).toThrow('is not a size');
  });
});
