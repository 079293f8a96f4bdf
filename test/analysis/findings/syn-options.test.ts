import { describe, expect, it } from 'vitest';
import { findSynOptions } from '../../../src/analysis/findings/syn-options.ts';
import type { ArmSummary } from '../../../src/analysis/types.ts';
import type { ClientKnobs } from '../../../src/client/types.ts';
import type { Arm } from '../../../src/scenario/types.ts';
import { armOf, hold, summaryOf } from '../parts.ts';

function clientArm(name: string, knobs: ClientKnobs = {}, more: Partial<Arm> = {}): Arm {
  return armOf({ name, client: { profile: 'linux-6', knobs }, ...more });
}

const PLAIN = clientArm('baseline');

/** What became of 300 handshakes of each arm: how many stalled, and how many were refused. */
function found(arms: readonly (readonly [Arm, stalled: number, refused?: number])[]) {
  const summaries = arms.map(([{ name }, stalled, refused = 0]): [string, ArmSummary] => [
    name,
    summaryOf({ started: 300, stalled: { count: stalled }, outcomes: { 'handshake-refused': refused } }),
  ]);
  return findSynOptions(
    arms.map(([arm]) => arm),
    Object.fromEntries(summaries),
  );
}

describe('SYNs that fare worse than those without what differs', () => {
  it('are told with what differs, and both counts', () => {
    const findings = found([
      [PLAIN, 0],
      [clientArm('ecn', { ecn: 'ecn' }), 300],
      [clientArm('small', { mss: 400, windowScale: 14 }), 0, 298],
      [clientArm('marked', { dscp: 46 }), 1],
    ]);
    expect(findings).toEqual([
      {
        ...{
          kind: 'syn-options',
          arm: 'ecn',
          confidence: 'high',
          differs: 'ecn ecn',
          count: 300,
          started: 300,
        },
        ...{ baseline: 'baseline', baselineCount: 0, baselineStarted: 300 },
        text: 'SYNs of linux-6 with ecn ecn: all 300 stalled or were refused; without that (arm baseline) none of 300',
      },
      expect.objectContaining({
        ...{ arm: 'small', confidence: 'high', differs: 'mss 400, windowScale 14', count: 298 },
      }),
    ]);
  });

  it('are told also where it is the SYNs without it that fare worse', () => {
    const [finding] = found([
      [PLAIN, 120],
      [clientArm('no-timestamps', { timestamps: false }), 0],
    ]);
    expect(finding).toMatchObject({
      arm: 'no-timestamps',
      confidence: 'medium',
      count: 0,
      baselineCount: 120,
    });
    expect(finding?.text).toContain('with timestamps off: none of 300 stalled');
  });

  it('are not told where chance explains it: a path that loses SYNs of all', () => {
    const arms = Array.from({ length: 10 }, (_, index) => clientArm(`a${index}`, { ttl: 60 + index }));
    expect(found([[PLAIN, 8], ...arms.map((arm, index) => [arm, 2 + index] as const)])).toEqual([]);
    expect(found([[PLAIN, 300], ...arms.map((arm) => [arm, 300] as const)])).toEqual([]);
    expect(
      found([
        [PLAIN, 0],
        [arms[0]!, 0],
      ]),
    ).toEqual([]);
  });

  it('count for less where some of the others fare badly, too', () => {
    expect(
      found([
        [PLAIN, 10],
        [clientArm('ecn', { ecn: 'ecn' }), 290],
      ]),
    ).toMatchObject([{ confidence: 'medium' }]);
  });

  it('are compared with arms that are alike in all else', () => {
    const ecn = clientArm('ecn', { ecn: 'ecn' });
    const other: readonly (readonly [string, Arm])[] = [
      ['load', { ...PLAIN, load: hold(50, 10) }],
      ['target', { ...PLAIN, target: { ...PLAIN.target, port: 443 } }],
      ['client', { ...PLAIN, client: { profile: 'windows-11', knobs: {} } }],
      ['knobs', clientArm('baseline', { dscp: 46 })],
      ['knobs no SYN shows', clientArm('baseline', { isn: 'repeat' })],
    ];
    for (const [what, plain] of other)
      expect([
        what,
        found([
          [plain, 0],
          [ecn, 300],
        ]),
      ]).toEqual([what, []]);
    const [both] = found([
      [clientArm('baseline', { isn: 'repeat' }), 0],
      [clientArm('ecn', { isn: 'repeat', ecn: 'ecn' }), 300],
    ]);
    expect(both).toMatchObject({ differs: 'ecn ecn' });
  });

  it('are no matter of what no single SYN shows', () => {
    expect(
      found([
        [PLAIN, 0],
        [clientArm('repeat', { isn: 'repeat', synWaitsUs: [1_000_000] }), 300],
      ]),
    ).toEqual([]);
  });
});
