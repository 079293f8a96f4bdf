import { describe, expect, it } from 'vitest';
import { groupDigits } from '../../src/analysis/group-digits.ts';

describe('counts in a sentence', () => {
  it.each([
    ['2476 of 2700 handshakes (arm keep) stalled.', '2,476 of 2,700 handshakes (arm keep) stalled.'],
    ['of 1234567: none', 'of 1,234,567: none'],
    ['clean up to 2000/s; at 3000/s (4000)', 'clean up to 2,000/s; at 3,000/s (4,000)'],
    ['1500 ms, 1234.5 s and 999', '1,500 ms, 1,234.5 s and 999'],
  ])('are grouped as in tables: %s', (plain, grouped) => {
    expect(groupDigits(plain)).toBe(grouped);
  });

  it.each([
    ['all 40 were connections to 10.0.0.2:3128, port 8080 or [2001:db8::1]:3128'],
    ['RFC 5382 REQ-5; ports 20000-20999; arm 5000; arm stress-2000'],
    ['on 2025-01-31T06:00:00.000Z, limit=4096, 0.00012 %, 12,345'],
    ['a key 1234abcd and 1000.2000.3000'],
  ])('and nothing else is: %s', (plain) => {
    expect(groupDigits(plain)).toBe(plain);
  });
});
