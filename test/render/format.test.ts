import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  formatBytes,
  formatCount,
  formatDuration,
  formatMicros,
  formatMoment,
  formatPerSec,
  formatPlural,
  formatShare,
} from '../../src/render/format.ts';

describe('figures as people read them', () => {
  it('are grouped and rounded as Intl does it', () => {
    const inEnglish = (value: number, options: Intl.NumberFormatOptions) =>
      value.toLocaleString('en-GB', options);
    const figure = fc.oneof(
      fc.nat(2 ** 31),
      fc.double({ min: 0, max: 1e15, noNaN: true }),
      fc.double({ min: 0, max: 2_000, noNaN: true }),
    );
    fc.assert(
      fc.property(figure, (value) => {
        expect(formatCount(value)).toBe(inEnglish(value, { maximumFractionDigits: 0 }));
        const digits = value < 100 && !Number.isInteger(value) ? 1 : 0;
        const perSec = inEnglish(value, { maximumFractionDigits: digits, minimumFractionDigits: digits });
        expect(formatPerSec(value)).toBe(`${perSec}/s`);
      }),
    );
    const share = fc.double({ min: 1e-9, max: 1, noNaN: true });
    fc.assert(
      fc.property(fc.oneof(share, fc.double({ min: 1, max: 1e6, noNaN: true })), (value) => {
        const percent = value * 100;
        const options =
          percent < 1 ? { maximumSignificantDigits: 2 } : { maximumFractionDigits: percent < 10 ? 2 : 1 };
        const rounded = percent < 1 ? Number(percent.toPrecision(2)) : percent;
        expect(formatShare(value)).toBe(`${inEnglish(rounded, options)} %`);
      }),
    );
  });

  it.each([
    [0, '0 us'],
    [312.4, '312 us'],
    [999.4, '999 us'],
    [1_234, '1.23 ms'],
    [9_996, '10.0 ms'],
    [45_600, '45.6 ms'],
    [123_400, '123 ms'],
    [999_600, '1.00 s'],
    [1_020_000, '1.02 s'],
    [67_000_000, '67.0 s'],
    [131_000_000, '131 s'],
  ])('writes a latency of %d us as %s', (us, text) => {
    expect(formatMicros(us)).toBe(text);
  });

  it.each([
    [0, '0 s'],
    [500_000, '0.5 s'],
    [9_940_000, '9.9 s'],
    [9_960_000, '10 s'],
    [59_400_000, '59 s'],
    [60_000_000, '1 min'],
    [150_000_000, '2 min 30 s'],
    [3_600_000_000, '1 h'],
    [29_100_000_000, '8 h 5 min'],
  ])('writes a length of %d us as %s', (us, text) => {
    expect(formatDuration(us)).toBe(text);
  });

  it.each([
    [0, '0 %'],
    [0.000042, '0.0042 %'],
    [0.00058, '0.058 %'],
    [0.002, '0.2 %'],
    [0.0123, '1.23 %'],
    [0.12345, '12.3 %'],
    [1, '100 %'],
  ])('writes a share of %d as %s', (share, text) => {
    expect(formatShare(share)).toBe(text);
  });

  it('groups thousands and keeps a decimal of slow rates only', () => {
    expect([formatCount(50_000), formatPerSec(1_999.7), formatPerSec(12.34), formatPerSec(50)]).toEqual([
      '50,000',
      '2,000/s',
      '12.3/s',
      '50/s',
    ]);
  });

  it('writes sizes in powers of ten', () => {
    expect([0, 999, 12_345, 999_600, 1_500_000].map(formatBytes)).toEqual([
      '0 B',
      '999 B',
      '12.3 kB',
      '1.00 MB',
      '1.50 MB',
    ]);
  });

  it('counts in singular and plural', () => {
    expect([formatPlural(1, 'worker', 'workers'), formatPlural(2_000, 'worker', 'workers')]).toEqual([
      '1 worker',
      '2,000 workers',
    ]);
  });

  it('writes a moment in UTC', () => {
    expect(formatMoment('2025-01-31T06:00:00.123Z')).toBe('2025-01-31 06:00:00 UTC');
  });
});
