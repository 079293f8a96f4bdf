import { expect, it } from 'vitest';
import { byChance } from '../../src/lab/ruleset.ts';

it('matches a share of packets, and all where that is 100 %, which nft would refuse to compare', () => {
  expect(byChance(0.05)).toBe('numgen random mod 10000 < 500');
  expect(byChance(0.0001)).toBe('numgen random mod 10000 < 1');
  expect(byChance(1)).toBe('');
});
