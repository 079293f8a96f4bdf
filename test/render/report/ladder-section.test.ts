import { describe, expect, it } from 'vitest';
import type { RunDetail } from '../../../src/analysis/run-detail.ts';
import type { Evidence, PacketSeen } from '../../../src/metrics/evidence.ts';
import { ladderSection } from '../../../src/render/report/ladder-section.ts';

const header = { ttl: 64, ipId: 0, seq: 1, ack: -1, window: 100 };
const syn: PacketSeen = { ...header, atUs: 0, way: 'out', kind: 'syn' };
const evidence: Evidence = {
  ...{
    series: 'first',
    attempt: 12,
    kind: 'frozen',
    atUs: 0,
    endpoint: '10.0.0.1:3128',
    source: '10.0.0.2:40001',
  },
  ...{ interface: 'eth0', met: 'ack-foreign', packetsLeftOut: 0, sinceFirstSynUs: null, rttUs: null },
  packets: [
    syn,
    {
      ...header,
      atUs: 400,
      way: 'in',
      kind: 'ack',
      about: 'another',
      afterSyn: 0,
      ack: 5,
      ttlOfSynAcks: 'same',
    },
    { ...syn, atUs: 1_000_000, again: true },
  ],
};
const draw = (list: readonly Evidence[]) =>
  ladderSection([{ name: '', run: { evidence: list } as unknown as RunDetail }]);

describe('a stalled handshake, drawn', () => {
  it('has an arrow for each packet, from the end that sent it, with its time and its name', () => {
    const html = draw([evidence]);
    const arrows = [...html.matchAll(/<line x1="(\d+)"[^>]*marker-end/g)].map(([, from]) => Number(from));
    expect(arrows).toEqual([380, 610, 380]);
    expect(html).toContain('>ACK (foreign number)<');
    expect(html).toContain('>SYN (again)<');
    expect(html).toContain('attempt 12 (frozen): met a bare ACK with a foreign number');
  });

  it('is left out where nothing was captured, and escapes what a file says', () => {
    expect(draw([])).toBe('');
    const hostile = draw([{ ...evidence, source: '<script>', series: '"><img>' }]);
    expect(hostile).not.toContain('<script>');
    expect(hostile).not.toContain('<img>');
  });
});
