import { describe, expect, it } from 'vitest';
import type { ArmSummary } from '../../src/analysis/types.ts';
import { renderArm } from '../../src/render/arm.ts';
import { armSummary, quantiles } from './fixtures.ts';

const shown = (over: Partial<ArmSummary>): string =>
  renderArm('stress', armSummary(over), 120, (_style, text) => text).join('\n');

describe('an arm whose proxy wants credentials', () => {
  it('says how many connections a request took', () => {
    const text = shown({
      requests: 30_000,
      connectionsPerRequest: 2,
      challenges: 30_000,
      outcomes: { ok: 30_000, 'proxy-closed-after-407': 30_000 },
    });
    expect(text).toContain('30,000, 2.00 connections each; credentials asked for 30,000 times');
  });

  it('says nothing of requests where each took one connection and nobody asked', () => {
    expect(shown({})).not.toContain('requests');
  });

  it('shows each leg, and what its tokens cost', () => {
    const text = shown({
      challenges: 60_000,
      phases: { challengeUs: quantiles(800), tunnelUs: quantiles(2_000), tlsUs: quantiles(5_000) },
      tokens: { minted: 60_010, discarded: 3, failures: { expired: 7 }, mintUs: quantiles(200) },
    });
    expect(text).toMatch(/challenge +800 us/);
    expect(text).toMatch(/CONNECT +2\.00 ms/);
    expect(text).toMatch(/TLS +5\.00 ms/);
    expect(text).toContain('60,010 made');
    expect(text).toContain('3 too old to send');
    expect(text).toContain('7 failed (expired)');
  });
});
