import { describe, expect, it } from 'vitest';
import { checkComparable, type RunFacts } from '../../../src/analysis/compare/comparable.ts';
import { summary } from '../../render/fixtures.ts';
import { armOf, hold, scenarioOf } from '../parts.ts';
import { factsOf } from './time-series.ts';

const BEFORE = factsOf();

function check(changes: Partial<RunFacts>) {
  return checkComparable([BEFORE], [factsOf({ run: { ...summary().run, id: 'after' }, ...changes })]);
}

describe('runs', () => {
  it('that did the same on the same machine can be compared without a word', () => {
    expect(check({})).toEqual({ refusals: [], warnings: [] });
  });

  it('of another scenario, engine, rate or kind of attempt are refused, with the reason', () => {
    const run = { ...summary().run, id: 'after' };
    const withArm = (changes: Parameters<typeof armOf>[0]) =>
      check({ scenario: scenarioOf({ arms: [armOf(changes)] }) }).refusals;
    expect(check({ scenario: scenarioOf({ name: 'other' }) }).refusals).toEqual([
      'the scenarios differ: test and other',
    ]);
    expect(check({ run: { ...run, engine: 'portable' } }).refusals).toEqual([
      'the engines differ: raw and portable',
    ]);
    expect(withArm({ load: hold(20, 10) })).toEqual(['stress: the load differs: 10/s and 20/s']);
    expect(withArm({ load: hold(4 / 3, 10) })).toEqual(['stress: the load differs: 10/s and 1.333/s']);
    expect(withArm({ stallAfterUs: 500_000, close: 'reset' })).toEqual([
      'stress: the runs differ in stallAfterUs',
      'stress: the runs differ in close',
    ]);
    expect(withArm({ client: { profile: 'ios', knobs: {} } })).toEqual(['stress: the runs differ in client']);
    expect(withArm({ name: 'other' })).toEqual(['the runs have no arm in common']);
    expect(check({ run: { ...run, stallsByTcpInfo: false } }).refusals).toHaveLength(1);
  });

  it('that lasted longer are compared all the same, with a warning', () => {
    const run = { ...summary().run, id: 'after', endedAt: '2025-01-31T06:10:00.000Z' };
    const longer = check({ run, scenario: scenarioOf({ arms: [armOf({ load: hold(10, 600) })] }) });
    expect(longer).toEqual({ refusals: [], warnings: ['the runs lasted 31 s and 600 s'] });
  });

  it('of other versions, kernel settings or targets are compared with a warning', () => {
    expect(
      check({
        host: { kernel: '6.12', 'net.ipv4.tcp_timestamps': '0' },
        versions: { rushhour: '0.2.0', node: '20.19.0' },
        scenario: scenarioOf({
          arms: [armOf({ target: { scheme: 'http', host: '10.0.0.2', port: 3_128, path: '' } })],
        }),
      }),
    ).toEqual({
      refusals: [],
      warnings: [
        'the versions of rushhour differ: 0.1.0 and 0.2.0',
        'kernel differs: 6.1 and 6.12',
        'net.ipv4.tcp_timestamps differs: unknown and 0',
        'stress: the targets differ: 10.0.0.1:3128 and 10.0.0.2:3128',
      ],
    });
  });

  it('against a far end of their own are the same wherever that was', () => {
    const embedded = (port: number) =>
      scenarioOf({
        farEnd: 'embedded',
        arms: [armOf({ target: { scheme: 'http', host: '127.0.0.1', port, path: '' } })],
      });
    const [before, after] = [40_001, 40_002].map((port) =>
      factsOf({ run: { ...summary().run, id: `at-${port}` }, scenario: embedded(port) }),
    );
    expect(checkComparable([before!], [after!])).toEqual({ refusals: [], warnings: [] });
  });

  it('are not compared with themselves', () => {
    expect(checkComparable([BEFORE], [BEFORE]).refusals).toEqual(['before is on both sides']);
  });
});
