import { describe, expect, it } from 'vitest';
import { findPreAnswered } from '../../../src/analysis/findings/pre-answered.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { quantiles } from '../../render/fixtures.ts';
import { armOf, summaryOf } from '../parts.ts';

const DIRECT = armOf({ via: 'direct', expect: { kind: 'status', statuses: [200] } });
const PROXIED: Arm = { ...DIRECT, via: 'proxy' };

function found(arm: Arm, handshakeUs: number, firstByte: { min: number; p50: number; count?: number }) {
  const service = {
    handshakeUs: quantiles(handshakeUs),
    firstByteUs: { ...quantiles(firstByte.p50), ...firstByte },
    totalUs: quantiles(firstByte.p50),
  };
  return findPreAnswered(arm, summaryOf({ service }));
}

describe('handshakes that somebody else answers', () => {
  it('are seen where a port that must refuse is connected to', () => {
    const arm = armOf({ expect: { kind: 'refused' } });
    const answered = (count: number) =>
      findPreAnswered(arm, summaryOf({ started: 25, outcomes: { 'unexpected-handshake': count } }));
    expect(answered(25)).toMatchObject([
      { kind: 'pre-answered', confidence: 'high', count: 25, handshakeUs: 310 },
    ]);
    expect(answered(3)).toMatchObject([{ confidence: 'medium', count: 3 }]);
    expect(answered(0)).toEqual([]);
  });

  it('are likely where no first byte comes near them, and half of all at one floor', () => {
    const [finding] = found(DIRECT, 40, { min: 160_000, p50: 161_600 });
    expect(finding).toMatchObject({ confidence: 'medium', handshakeUs: 40, firstByteUs: 160_000 });
    expect(finding?.text).toContain('no first byte came within 160 ms, and half of them came by 162 ms');
  });

  it('are doubtful where first bytes spread as the work of a server does', () => {
    const [finding] = found(DIRECT, 40, { min: 160_000, p50: 400_000 });
    expect(finding).toMatchObject({ confidence: 'low' });
    expect(finding?.text).toContain('they spread (median 400 ms)');
  });

  it('are doubtful behind a proxy, which may fetch from far away; and not told there where first bytes spread', () => {
    expect(found(PROXIED, 40, { min: 160_000, p50: 161_600 })).toMatchObject([{ confidence: 'low' }]);
    expect(found(PROXIED, 40, { min: 160_000, p50: 400_000 })).toEqual([]);
  });

  it('are not told where some first bytes came quickly: that is a server that is slow at times', () => {
    expect(found(DIRECT, 300, { min: 900, p50: 500_000 })).toEqual([]);
  });

  it('are not told of an honest path, nor below 20 ms, nor of a few', () => {
    expect(found(DIRECT, 80_000, { min: 161_000, p50: 162_000 })).toEqual([]);
    expect(found(DIRECT, 40, { min: 15_000, p50: 15_500 })).toEqual([]);
    expect(found(DIRECT, 40, { min: 160_000, p50: 161_000, count: 19 })).toEqual([]);
  });
});
