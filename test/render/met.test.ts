import { describe, expect, it } from 'vitest';
import { formatCaptureDrops, listMet } from '../../src/render/met.ts';

const stalled = {
  count: 1_239,
  rate: 0,
  ci95: [0, 0] as [number, number],
  recovered: 0,
  frozen: 0,
  unresolved: 0,
};
const arm = { stalled: { ...stalled, ratePerFrame: { p50: 0, p99: 0, max: 0 } }, healed: 0 };

describe('what met SYNs, in words', () => {
  it('is counted by what was seen, the most frequent first', () => {
    const answers = { stalled: { 'rst-other-ttl': 6, silence: 1_233 } };
    expect(listMet({ ...arm, answers })).toEqual([
      'of 1,239 stalled: 1,233 met silence, 6 an RST with another TTL',
    ]);
  });

  it('says how many were not looked at, and names ICMP by its type', () => {
    const answers = { stalled: { 'icmp 3/13': 3 }, reset: { rst: 2 } };
    expect(listMet({ ...arm, answers })).toEqual([
      'of 1,239 stalled: 3 met ICMP admin-prohibited (3/13), 1,236 not looked at',
      'of 2 reset: 2 by an RST',
    ]);
    expect(listMet(arm)).toEqual([]);
  });
});

it('what a capture lost is said, and nothing where it lost nothing', () => {
  expect(formatCaptureDrops({ captureDrops: 1_200 })).toMatch(
    /^1,200 packets came faster than this machine took them/,
  );
  expect(formatCaptureDrops({ captureDrops: 1 })).toMatch(/^1 packet came/);
  expect(formatCaptureDrops({})).toBeUndefined();
});
