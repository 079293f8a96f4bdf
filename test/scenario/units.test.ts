import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/errors.ts';
import {
  formatDuration,
  formatPercentage,
  formatPortRange,
  formatRate,
  parseDuration,
  parsePercentage,
  parsePortRange,
  parseRate,
} from '../../src/scenario/units.ts';

function errorOf(run: () => unknown): UsageError {
  try {
    run();
  } catch (error) {
    if (error instanceof UsageError) return error;
  }
  throw new Error('no UsageError was thrown');
}

describe('a rate', () => {
  it.each([
    ['500/s', 500],
    ['500', 500],
    ['0.5', 0.5],
    ['2k', 2_000],
    ['0/s', 0],
    ['2k/s', 2_000],
    ['1.5k/s', 1_500],
    ['30/min', 0.5],
    ['60/m', 1],
    ['1/min', 1 / 60],
    ['3600/h', 1],
    [' 0.25 / s ', 0.25],
  ])('%s is %d a second', (text, perSec) => {
    expect(parseRate(text)).toBe(perSec);
  });

  it.each([
    '500/d',
    '500 per s',
    '.5',
    '-1/s',
    'fast',
    '5e3/s',
    '',
    '/s',
    '1,000/s',
  ])('is not "%s"', (text) => {
    const error = errorOf(() => parseRate(text));
    expect(error.message).toBe(`"${text}" is not a rate`);
    expect(error.hint).toContain('500/s');
  });

  it.each([
    [500, '500/s'],
    [0, '0/s'],
    [1 / 60, '1/min'],
    [0.5, '30/min'],
    [1 / 3600, '1/h'],
    [1 / 3, '20/min'],
  ])('%d a second is written %s', (perSec, text) => {
    expect(formatRate(perSec)).toBe(text);
    expect(parseRate(text)).toBeCloseTo(perSec, 9);
  });
});

describe('a length of time', () => {
  it.each([
    ['250ms', 250_000],
    ['1.5s', 1_500_000],
    ['2m', 120_000_000],
    ['2min', 120_000_000],
    ['8h', 28_800_000_000],
    ['7d', 604_800_000_000],
    ['60', 60_000_000],
    [' 1.5 ', 1_500_000],
    ['1h30m', 5_400_000_000],
    ['15us', 15],
    ['0s', 0],
  ])('%s is %d us', (text, us) => {
    expect(parseDuration(text)).toBe(us);
  });

  it.each(['1w', '1m30', '1 s', 's', '-1s', '1.s', '1s!', ''])('is not "%s"', (text) => {
    expect(errorOf(() => parseDuration(text)).hint).toContain('1.5s');
  });

  it.each([
    [28_800_000_000, '8h'],
    [5_400_000_000, '90m'],
    [1_500_000, '1.5s'],
    [250_000, '250ms'],
    [15, '15us'],
    [0, '0s'],
  ])('%d us is written %s', (us, text) => {
    expect(formatDuration(us)).toBe(text);
  });

  it('comes back as it was written, whatever it is', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 24 * 3_600_000_000 }), (us) => {
        expect(parseDuration(formatDuration(us))).toBe(us);
      }),
    );
  });
});

describe('a percentage', () => {
  it('is a share', () => {
    expect(['0.1%', '99.9 %', '100%'].map(parsePercentage)).toEqual([0.001, 0.999, 1]);
    expect([0.001, 0.999, 1].map(formatPercentage)).toEqual(['0.1%', '99.9%', '100%']);
  });

  it('needs its sign', () => {
    expect(errorOf(() => parsePercentage('0.1')).message).toBe('"0.1" is not a percentage');
  });
});

describe('a range of ports', () => {
  it('has two ends, both included', () => {
    expect(parsePortRange('20000-20999')).toEqual({ from: 20_000, to: 20_999 });
    expect(formatPortRange({ from: 1, to: 65_535 })).toBe('1-65535');
  });

  it.each(['20000', '0-10', '1-65536', '30-20', '1-', 'a-b'])('is not "%s"', (text) => {
    expect(errorOf(() => parsePortRange(text)).hint).toContain('1-65535');
  });
});
