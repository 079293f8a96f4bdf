import { describe, expect, it } from 'vitest';
import type { ArmSummary } from '../../src/analysis/types.ts';
import { renderArm } from '../../src/render/arm.ts';
import { armSummary, quantiles } from './fixtures.ts';

const shown = (over: Partial<ArmSummary>): string =>
  renderArm('stress', armSummary(over), 120, (_style, text) => text).join('\n');

it('attempts that were open when a run was killed are named beside the others', () => {
  expect(shown({ lost: 12 }).replace(/\s+/g, ' ')).toContain(
    '12 still open when the run was interrupted, outcome unknown',
  );
  expect(shown({})).not.toContain('killed');
});

describe('answers by status', () => {
  it('stand apart for CONNECT, the most frequent first', () => {
    const text = shown({
      statuses: { '200': 1_000, '404': 2_000 },
      tunnelStatuses: { '200': 3_000, '403': 4 },
    });
    expect(text).toMatch(/^ +CONNECT +3,000 x 200, 4 x 403$/m);
    expect(text).toMatch(/^ +answers +2,000 x 404, 1,000 x 200$/m);
  });

  it('are a dozen at most, however many a far end sends', () => {
    const statuses = Object.fromEntries(
      Array.from({ length: 40 }, (_, index) => [String(500 + index), 99 - index]),
    );
    const text = shown({ statuses: { ...statuses, other: 7_000 } }).replace(/\s+/g, ' ');
    expect(text).toContain('answers 7,000 x a status below 100 or above 599, 99 x 500, 98 x 501,');
    expect(text).toContain('89 x 510, 29 more');
  });

  it('are nothing where there were none, or in a run from before they were counted', () => {
    const { statuses: _, tunnelStatuses: __, ...older } = armSummary();
    const plain = (arm: ArmSummary): string => renderArm('a', arm, 120, (_style, text) => text).join('\n');
    expect(plain(older as ArmSummary)).not.toMatch(/answers|CONNECT/);
    expect(shown({ statuses: {} })).not.toMatch(/answers|CONNECT/);
  });
});

describe('an arm that was refused', () => {
  it('says by what, the most frequent first, without what a terminal would obey', () => {
    const refusals = { 'ICMP port-unreachable (3/3) from 10.0.0.1': 2, RST: 1_200, '\u001b[31m': 1 };
    expect(shown({ refusals })).toMatch(
      /refused by +1,200 x RST; 2 x ICMP port-unreachable \(3\/3\) from 10\.0\.0\.1; 1 x \?\[31m/,
    );
    expect(shown({ refusals: {} })).not.toContain('refused by');
  });
});

describe('requests that were sent again after the handshake', () => {
  it('are told with their share, and not at all where there were none or nobody knows', () => {
    const resent = { count: 51, measured: 1_000, rate: 0.051, ci95: [0.039, 0.066] as [number, number] };
    expect(shown({ requestsResent: resent })).toMatch(
      /^ +resent +requests on 51 of 1,000 connections \(5\.1 %\), after the handshake$/m,
    );
    expect(shown({ requestsResent: { ...resent, count: 0 } })).not.toContain('resent');
    expect(shown({})).not.toMatch(/resent +requests/);
  });
});

describe('an arm with unexpected content', () => {
  it('names what the responses lacked', () => {
    expect(shown({ unmetContent: { 'contains "Welcome"': 3, 'header x-cache': 9 } })).toMatch(
      /not met +9 x header x-cache; 3 x contains "Welcome"/,
    );
  });
});

describe('an arm that holds connections', () => {
  it('says how they were cut, and how many lived by the age at which they were asked', () => {
    const proofs = [
      { ageSec: 30, alive: 1_200, cuts: {} },
      { ageSec: 60, alive: 1, cuts: { silence: 3, RST: 1 } },
    ];
    const text = shown({ cuts: { RST: 1, silence: 3 }, proofs });
    expect(text).toMatch(/cut by +3 x silence; 1 x RST/);
    expect(text).toMatch(/alive +1,200 of 1,200 after 30 s, 1 of 5 after 60 s/);
    expect(shown({ cuts: {} })).not.toMatch(/cut by|alive/);
  });

  it('leaves further ages to the summary', () => {
    const proofs = Array.from({ length: 30 }, (_, index) => ({ ageSec: index + 1, alive: 1, cuts: {} }));
    expect(shown({ proofs })).toMatch(/1 of 1 after 8 s, 22 more ages/);
  });
});

describe('an arm whose proxy wants credentials', () => {
  it('names the schemes that it was offered, without what a terminal would obey', () => {
    const text = shown({ schemesOffered: { 'Digest, NTLM': 1_200, 'A\u001b[31m': 1 } });
    expect(text).toMatch(/offered +Digest, NTLM \(1,200 times\); A\?\[31m \(1 times\): not the scheme/);
    expect(shown({ schemesOffered: {} })).not.toContain('offered');
  });

  it('says how many connections a request took', () => {
    const text = shown({
      requests: 30_000,
      connectionsPerRequest: 2,
      challenges: 30_000,
      outcomes: { ok: 30_000, 'proxy-closed-after-407': 30_000 },
    });
    expect(text).toContain('30,000, 2.00 connections each; credentials requested 30,000 times');
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
