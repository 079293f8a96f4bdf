import { beforeAll, expect, it } from 'vitest';
import type { Summary } from '../../src/analysis/types.ts';
import { ADDRESSES } from '../../src/lab/addresses.ts';
import { suiteNeeding } from '../support/suite-needing.ts';
import { expectVerdict, sureness } from '../support/verdict.ts';
import { deviation, findingOf, measureIn } from './measure.ts';

suiteNeeding('firewalls that step in', ['linux', 'root', 'netns', 'ip', 'nft'], () => {
  let flood: Summary;
  let cut: Summary;
  let answered: Summary;
  let refused: Summary;
  let quick: Summary;
  let honest: Summary;

  beforeAll(async () => {
    const closed = ['--target', `tcp://${ADDRESSES.far}:9`, '--duration', '5s'];
    const direct = ['--via', 'direct', '--rate', '50/s', '--duration', '5s'];
    [flood, cut, answered, refused, quick, honest] = await Promise.all([
      measureIn('syn-flood:high=30,low=10,on=10s,off=6s', 'steady', '--rate', '50/s', '--duration', '60s'),
      measureIn('idle-cut:10s', 'hold', '--duration', '5s', '--set', 'arms.keep.hold=20s'),
      measureIn('pre-answered', 'closed-port', ...closed),
      measureIn('healthy', 'closed-port', ...closed),
      measureIn('pre-answered', 'steady', ...direct),
      measureIn('healthy', 'steady', ...direct),
    ]);
  });

  it('a SYN defence shows as phases, each as long as it is, to a fifth', () => {
    const phases = findingOf(flood, 'outage-phases', 'traffic');
    expect(phases.confidence).toBe(sureness(flood, 'high'));
    expect(deviation(phases['onSec'], 10)).toBeLessThan(0.2);
    expect(deviation(phases['offSec'], 6)).toBeLessThan(0.2);
  });

  it('a cut shows with the age at which it comes, to a twentieth', () => {
    const age = findingOf(cut, 'cut-age');
    expect(age.confidence).toBe(sureness(cut, 'high'));
    expect(deviation(age['ageSec'], 10)).toBeLessThan(0.05);
    expect(cut.arms['keep']!.outcomes['held-cut']).toBe(cut.arms['keep']!.started);
    expect(cut.arms['keep']!.cuts).toEqual({ RST: cut.arms['keep']!.started });
    expect(age.text).toContain('cut by RST at an age of 10');
  });

  it('a middlebox that answers for the server shows on a closed port', () => {
    const arm = Object.values(answered.arms)[0]!;
    expect(arm.outcomes['unexpected-handshake']).toBe(arm.started);
    expect(findingOf(answered, 'pre-answered').confidence).toBe(sureness(answered, 'high'));
    expectVerdict(answered, {
      ...{ 'probe.outcomes.unexpected-handshake == 0': false, 'probe.completedShare >= 99%': false },
    });
  });

  it('a closed port that refuses shows none', () => {
    const arm = Object.values(refused.arms)[0]!;
    expect(arm.outcomes).toEqual({ ok: arm.started });
    expect(refused.findings).toEqual([]);
    expectVerdict(refused, {
      ...{ 'probe.outcomes.unexpected-handshake == 0': true, 'probe.completedShare >= 99%': true },
    });
  });

  it('a middlebox that answers for the server shows in handshakes far faster than any first byte', () => {
    const early = findingOf(quick, 'pre-answered', 'traffic');
    expect(early.confidence).toBe(sureness(quick, 'medium'));
    // The preset's 80 ms, twice: its own handshake onwards, then request and response.
    expect(early['firstByteUs']).toBeGreaterThanOrEqual(160_000);
    expect(early['firstByteUs']! / early['handshakeUs']!).toBeGreaterThan(10);
  });

  it('a server that answers for itself shows none', () => {
    expect(honest.arms['traffic']!.outcomes).toEqual({ ok: honest.arms['traffic']!.started });
    expect(honest.findings).toEqual([]);
  });
});
