import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/analysis/run-detail.ts';
import type { Evidence, PacketSeen } from '../../../src/metrics/evidence.ts';
import type { FarAttempt } from '../../../src/metrics/far.ts';
import { ladderSection } from '../../../src/render/report/ladder-section.ts';
import { ladderSteps } from '../../../src/render/report/ladder-steps.ts';

const header = { ttl: 64, ipId: 0, seq: 1, ack: -1, window: 100 };
const syn = (atUs: number): PacketSeen => ({ ...header, atUs, way: 'out', kind: 'syn' });
const evidence: Evidence = {
  ...{ series: 'first', attempt: 12, kind: 'recovered', atUs: 0, endpoint: '10.0.0.1:3128' },
  ...{ source: '10.0.0.2:40001', interface: 'eth0', met: 'silence', packetsLeftOut: 0 },
  ...{ sinceFirstSynUs: null, rttUs: null },
  packets: [
    syn(0),
    syn(1_000_000),
    syn(3_000_000),
    { ...header, atUs: 3_010_000, way: 'in', kind: 'rst', about: 'this', afterSyn: 2 },
    { ...header, atUs: 3_020_000, way: 'in', kind: 'syn-ack', about: 'this', afterSyn: 2 },
  ],
};
const far: FarAttempt = {
  ...{ series: 'first', attempt: 12, kind: 'recovered', atUs: 0, by: 'isn', fate: 'not-seen' },
  external: { address: '203.0.113.1', port: 5_003 },
  destination: { address: '10.0.0.1', port: 3_128 },
  syns: [
    { atUs: 0, arrivedAtUs: null, answered: [], returned: [], fate: 'not-seen' },
    { atUs: 1_000_000, arrivedAtUs: 1_005_000, answered: ['ack'], returned: [], fate: 'ack-lost' },
    {
      ...{ atUs: 3_000_000, arrivedAtUs: 3_005_000, answered: ['syn-ack'] },
      ...{ returned: ['rst', 'syn-ack'], fate: 'answered-by-another' },
    },
  ],
  ...{ changes: [], reuseAgeUs: null, previousEnd: null, invented: ['rst'] },
  packets: [
    { atUs: 1_005_000, way: 'in', kind: 'syn', isSeenNear: true },
    { atUs: 1_005_100, way: 'out', kind: 'ack', isSeenNear: false },
    { atUs: 3_005_000, way: 'in', kind: 'syn', isSeenNear: true },
    { atUs: 3_015_000, way: 'out', kind: 'syn-ack', isSeenNear: true },
  ],
};

const draw = (one: Evidence, other?: FarAttempt) =>
  ladderSection([{ name: '', run: { evidence: [one], farEvidence: [other] } as unknown as RunDetail }]);

describe('a stalled handshake, as both sides saw it', () => {
  it('puts what each side sent into one order, with what became of it', () => {
    const steps = ladderSteps(evidence, far).map(({ near, far: there, fate, way }) => [
      ...[near?.kind ?? there?.kind, way, fate, there?.atUs],
    ]);
    expect(steps).toEqual([
      ['syn', 'out', 'lost', undefined],
      ['syn', 'out', 'crossed', 1_005_000],
      ['ack', 'in', 'lost', 1_005_100],
      ['syn', 'out', 'crossed', 3_005_000],
      ['rst', 'in', 'invented', undefined],
      ['syn-ack', 'in', 'crossed', 3_015_000],
    ]);
  });

  it('is drawn with both clocks’ times, a cross where it ended, and where it came from', () => {
    const html = draw(evidence, far);
    expect(html).toContain('203.0.113.1:5003 → 10.0.0.1:3128');
    expect(html).toContain('its first SYN: never seen at the far side');
    expect(html.match(/<path d="M374 /g)).toHaveLength(2);
    expect(html).not.toContain('stroke-dasharray');
    expect(html).toContain('>RST, which the far end never sent<');
    expect(html).toContain('>1.01 s<');
    expect(html).toContain('>sent 1.01 s, never came back<');
  });

  it('is drawn as this machine saw it where nothing at the far side is sure', () => {
    expect(ladderSteps(evidence, { ...far, by: null, fate: 'unmatched', packets: [] })).toEqual(
      ladderSteps(evidence),
    );
    expect(draw(evidence)).toContain('stroke-dasharray');
  });
});
