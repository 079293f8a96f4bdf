import { describe, expect, it } from 'vitest';
import type { FarSummary } from '../../src/metrics/far.ts';
import { formatFar, formatNat } from '../../src/render/far-words.ts';

const NONE = { count: 0, min: 0, mean: 0, p50: 0, p90: 0, p99: 0, p999: 0, max: 0 };

function farOf(arms: number): FarSummary {
  const names = Array.from({ length: arms }, (_, index) => `arm-${index + 1}`);
  return {
    ...{ schema: 1, joinedAt: '', far: [], farHandshakes: 0, clockOffset: null, remarks: [] },
    near: { path: '', frames: 0, from: null, to: null, lost: null },
    attempts: { kept: 40, captured: 40, matched: 40, by: {} },
    series: Object.fromEntries(
      names.map((name) => [
        name,
        { kept: 8, matched: 8, fates: { frozen: { 'not-seen': 1_000 }, recovered: { 'ack-lost': 2 } } },
      ]),
    ),
    nat: { kind: 'none', portsKept: 40, externalAddresses: [], externalAddressCount: 0 },
    reuseAgeUs: { all: NONE, stalled: NONE },
    changes: { isn: 0, options: 0, mss: 0, trafficClass: 0 },
    ...{ resetsInvented: 0, synAcksInvented: 0 },
  } as unknown as FarSummary;
}

describe('what both sides saw, in words', () => {
  it('names each of a few arms', () => {
    expect(formatFar(farOf(2))).toContain('arm-2: of 1,002 stalled: 1,000 never seen at the far side');
  });

  it('adds up many arms', () => {
    const text = formatFar(farOf(5));
    expect(text).toContain(
      'of 5,010 stalled: 5,000 never seen at the far side, 10 answered there by a bare ACK that never came back',
    );
    expect(text).not.toContain('arm-');
  });

  it('says how many external ports there were, and were taken as SYNs did not arrive', () => {
    const far = farOf(1);
    const ports = {
      ...{ ports: 71, handshakes: 1_356, missed: 1, takenAtLeast: 70, takenMedian: 71, takenMost: 71 },
      ...{ later: 285, laterNew: 0, restUs: 6e6 },
    };
    const nat = {
      kind: 'random',
      portsKept: 0,
      externalAddresses: ['203.0.113.1'],
      externalAddressCount: 1,
    } as const;
    expect(formatNat({ ...far, nat: { ...nat, ports } })).toBe(
      'gives source ports at random: 0 of 40 kept; 1 external address: 203.0.113.1; 71 external ports in 1,356 handshakes, 71 of them taken (median) as 1 SYN did not arrive',
    );
    expect(formatNat({ ...far, nat })).not.toMatch(/taken/);
  });
});
