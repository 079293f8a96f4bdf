import { describe, expect, it } from 'vitest';
import { adviseSettings } from '../../../src/doctor/fix/advise.ts';
import type { HostFacts } from '../../../src/doctor/types.ts';
import type { Arm, Scenario } from '../../../src/scenario/types.ts';
import { armAt, hostFacts, scenarioOf, withSysctls } from '../facts.ts';

const proposed = (facts: HostFacts, scenario?: Scenario): Record<string, string> =>
  Object.fromEntries(
    adviseSettings(facts, scenario).settings.map(({ name, proposed: value }) => [name, value]),
  );
const at = (ratePerSec: number, changes: Partial<Arm> = {}): Arm =>
  armAt({ load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs: 600_000_000 }] }, ...changes });
const RANGE = 'net.ipv4.ip_local_port_range';

describe('without a scenario', () => {
  it('a small machine is made ready for any', () => {
    const small = {
      'net.ipv4.tcp_max_tw_buckets': '8192',
      'net.core.somaxconn': '128',
      'net.ipv4.tcp_max_syn_backlog': '256',
    };
    const facts = { ...withSysctls(small), conntrack: { count: 10, max: 16_384 } };
    expect(proposed(facts)).toEqual({
      [RANGE]: '1024 65535',
      'net.ipv4.tcp_max_tw_buckets': '65536',
      'net.core.somaxconn': '4096',
      'net.ipv4.tcp_max_syn_backlog': '4096',
      'net.netfilter.nf_conntrack_max': '131072',
    });
  });

  it('nothing is lowered, and a range that is wide or begins lower is left', () => {
    const big = { 'net.ipv4.tcp_max_tw_buckets': '262144', 'net.core.somaxconn': '65535' };
    expect(proposed(withSysctls({ ...big, [RANGE]: '2000 65535' }))).toEqual({});
    expect(proposed(withSysctls({ ...big, [RANGE]: '500 20000' }))).toEqual({});
  });

  it('every setting says what for and what it could hurt', () => {
    for (const { why, risk } of adviseSettings(hostFacts(), undefined).settings) {
      expect(why).not.toBe('');
      expect(risk).not.toBe('');
    }
  });
});

describe('with a scenario', () => {
  it('the range is widened only where an arm that leaves its ports to the system lacks them', () => {
    const off = withSysctls({ 'net.ipv4.tcp_timestamps': '0' });
    expect(proposed(off, scenarioOf(at(1_000)))).toEqual({});
    expect(proposed(off, scenarioOf(at(1_000, { close: 'fin' })))).toEqual({ [RANGE]: '1024 65535' });
    const ports = { range: { from: 20_000, to: 20_999 }, order: 'sequential', reuseAfterUs: 0 } as const;
    expect(proposed(off, scenarioOf(at(1_000, { close: 'fin', source: { addresses: [], ports } })))).toEqual(
      {},
    );
  });

  it('TIME_WAIT has room for what this machine closes first within a minute', () => {
    const facts = withSysctls({ 'net.ipv4.tcp_max_tw_buckets': '8192', 'net.core.somaxconn': '128' });
    expect(proposed(facts, scenarioOf(at(200)))).toEqual({});
    expect(proposed(facts, scenarioOf(at(200, { close: 'fin' })))).toEqual({
      'net.ipv4.tcp_max_tw_buckets': '16384',
    });
    expect(proposed(facts, { ...scenarioOf(at(200)), farEnd: 'embedded' })).toEqual({
      'net.ipv4.tcp_max_tw_buckets': '16384',
      'net.core.somaxconn': '4096',
    });
  });

  it('connection tracking has room for two minutes of it', () => {
    const facts = hostFacts({ conntrack: { count: 0, max: 65_536 } });
    expect(proposed(facts, scenarioOf(at(300)))).toEqual({});
    expect(proposed(facts, scenarioOf(at(1_000)))).toEqual({ 'net.netfilter.nf_conntrack_max': '131072' });
  });

  it('open files are wanted for an outage, and the kernel’s own limits raised below that', () => {
    const limited = (changes: Record<string, string>): HostFacts => ({
      ...withSysctls(changes),
      fdLimit: { soft: 4_096, hard: 4_096 },
    });
    const advice = adviseSettings(limited({ 'fs.nr_open': '8192' }), scenarioOf(at(1_000)));
    expect(advice.openFiles).toEqual({ now: 4_096, wanted: 32_768 });
    expect(advice.settings.map(({ name, proposed: value }) => [name, value])).toEqual([
      ['fs.nr_open', '32768'],
    ]);
    expect(adviseSettings(hostFacts(), scenarioOf(at(1_000))).openFiles).toBeUndefined();
  });
});
