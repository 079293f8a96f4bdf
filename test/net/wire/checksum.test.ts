import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { finishChecksum, foldSum, sumBytes, sumPseudoHeader } from '../../../src/net/wire/checksum.ts';

/** The definition, a word at a time with its carry brought round (RFC 1071 section 1). */
function define(bytes: readonly number[]): number {
  let sum = 0;
  for (let at = 0; at < bytes.length; at += 2) {
    sum += bytes[at]! * 256 + (bytes[at + 1] ?? 0);
    if (sum > 0xffff) sum -= 0xffff;
  }
  return 0xffff - sum;
}

describe('internet checksum', () => {
  it('is that of the example (RFC 1071 section 3)', () => {
    const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
    expect(sumBytes(bytes, 0, 8)).toBe(0x2ddf0);
    expect(foldSum(0x2ddf0)).toBe(0xddf2);
    expect(finishChecksum(0x2ddf0)).toBe(0x220d);
  });

  it('is as it is defined, for any bytes', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), (bytes) => {
        expect(finishChecksum(sumBytes(bytes, 0, bytes.length))).toBe(define([...bytes]));
      }),
    );
    const most = new Uint8Array(131_072).fill(0xff);
    expect(finishChecksum(sumBytes(most, 0, most.length))).toBe(0);
  });

  it('brings round the carry of the carry', () => {
    expect(foldSum(0x1_ffff)).toBe(1);
    expect(foldSum(0xffff_ffff)).toBe(0xffff);
    expect(finishChecksum(0xfffe_0002)).toBe(0xfffe);
  });

  it('comes out the same from a template and the words that vary', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 40, maxLength: 40 }), fc.nat(19), (bytes, word) => {
        const template = bytes.slice();
        template.fill(0, word * 2, word * 2 + 2);
        const varying = (bytes[word * 2]! << 8) | bytes[word * 2 + 1]!;
        expect(finishChecksum(sumBytes(template, 0, 40) + varying)).toBe(
          finishChecksum(sumBytes(bytes, 0, 40)),
        );
      }),
    );
  });

  it('sums up the pseudo-header of either version', () => {
    const four = [Uint8Array.of(192, 0, 2, 1), Uint8Array.of(192, 0, 2, 2)] as const;
    const words = [...four[0], ...four[1], 0, 6, 0, 20];
    expect(finishChecksum(sumPseudoHeader(...four, 6, 20))).toBe(define(words));
    const six = [new Uint8Array(16).fill(0xfe), new Uint8Array(16).fill(0x7d)] as const;
    expect(finishChecksum(sumPseudoHeader(...six, 58, 65_535))).toBe(
      define([...six[0], ...six[1], 0, 0, 255, 255, 0, 58]),
    );
  });
});
