import { describe, expect, it } from 'vitest';
import { judge } from '../../src/doctor/judge.ts';
import { countPorts } from '../../src/doctor/judge-ports.ts';
import type { Check, HostFacts, ReachFacts } from '../../src/doctor/types.ts';
import type { Arm } from '../../src/scenario/types.ts';
import { armAt, hostFacts, scenarioOf, withSysctls } from './facts.ts';

const SECOND = 1_000_000;
const MINUTES_AT = (ratePerSec: number): Arm['load'] => ({
  kind: 'open',
  phases: [{ kind: 'hold', ratePerSec, forUs: 600 * SECOND }],
});

function find(checks: readonly Check[], name: string): Check {
  const check = checks.find((one) => one.name === name);
  if (check === undefined) throw new Error(`no check named ${name} among ${checks.map((one) => one.name)}`);
  return check;
}

const reach = (over: Partial<ReachFacts> = {}): ReachFacts => ({
  arm: 'stress',
  host: 'proxy.test',
  port: 3128,
  refusalExpected: false,
  endpoints: [{ address: '10.0.0.5', answer: 'connected', us: 1_500 }],
  ...over,
});

describe('a machine in good order', () => {
  it('has neither warnings nor failures, with or without a scenario', () => {
    const levels = [...judge(hostFacts()), ...judge(hostFacts(), scenarioOf(armAt()), [reach()])].map(
      ({ level }) => level,
    );
    expect(new Set(levels)).toEqual(new Set(['ok', 'note']));
  });
});

describe('optional packages', () => {
  it('are named where they are absent, with what is lost and what brings them', () => {
    const checks = judge(hostFacts({ packages: { koffi: false, kerberos: false, pac: false } }));
    expect(find(checks, 'pac')).toMatchObject({ level: 'note', what: expect.stringContaining('--pac') });
    expect(find(checks, 'koffi').level).toBe('warn');
    expect(find(checks, 'koffi').mend).toContain('--include=optional');
    expect(find(checks, 'kerberos')).toMatchObject({
      level: 'note',
      what: expect.stringContaining('Negotiate'),
    });
    expect(find(checks, 'kerberos').mend).toContain('libkrb5-dev');
  });

  it('are not missed where they are there, nor koffi where it is of no use', () => {
    const names = (facts: HostFacts): string[] => judge(facts).map(({ name }) => name);
    const whole = names(hostFacts({ packages: { koffi: true, kerberos: true, pac: true } }));
    expect(whole).not.toContain('kerberos');
    expect(whole).not.toContain('pac');
    expect(
      names(hostFacts({ platform: 'darwin', packages: { koffi: false, kerberos: true } })),
    ).not.toContain('koffi');
  });
});

describe('descriptors', () => {
  const limited = (soft: number): HostFacts => hostFacts({ fdLimit: { soft, hard: soft } });
  const arm = armAt({ load: MINUTES_AT(1_000) });

  it('fail where the scenario cannot be run, and say which limit would do', () => {
    const check = find(judge(limited(1_024), scenarioOf(arm)), 'descriptors');
    expect(check.level).toBe('fail');
    expect(check.what).toContain('824 of them for connections');
    expect(check.mend).toContain('ulimit -n 2048');
  });

  it('are a warning where an outage would fill them: 30 s of timeouts at 1,000/s', () => {
    const check = find(judge(limited(8_192), scenarioOf(arm)), 'descriptors');
    expect(check.level).toBe('warn');
    expect(check.why).toContain('30000');
    expect(check.mend).toContain('ulimit -n 32768');
  });

  it('are enough from there on, or without a limit', () => {
    expect(find(judge(limited(30_200), scenarioOf(arm)), 'descriptors').level).toBe('ok');
    expect(
      find(judge(hostFacts({ fdLimit: { soft: null, hard: null } }), scenarioOf(arm)), 'descriptors').level,
    ).toBe('ok');
  });

  it('are not known where the system does not tell', () => {
    const mac = hostFacts({ platform: 'darwin', fdLimit: { soft: null, hard: null }, sysctls: {} });
    expect(find(judge(mac), 'descriptors').level).toBe('note');
  });
});

describe('source ports', () => {
  it('are the range without the reserved ones inside it', () => {
    expect(countPorts(hostFacts())).toBe(28_232);
    const reserved = withSysctls({ 'net.ipv4.ip_local_reserved_ports': '80,40000,60990-61010' });
    expect(countPorts(reserved)).toBe(28_232 - 1 - 10);
    expect(countPorts(hostFacts({ sysctls: {} }))).toBeUndefined();
  });

  it('fail an arm that closes first at more than ports / 60 s', () => {
    const fast = find(
      judge(hostFacts(), scenarioOf(armAt({ close: 'fin', load: MINUTES_AT(471) }))),
      'ports of stress',
    );
    const slow = find(
      judge(hostFacts(), scenarioOf(armAt({ close: 'fin', load: MINUTES_AT(470) }))),
      'ports of stress',
    );
    expect(fast).toMatchObject({ level: 'fail' });
    expect(fast.what).toContain('28232 ports allow 470 connections/s; it needs 28260 within 60 s');
    expect(slow.level).toBe('ok');
  });

  it.each([
    ['the far end closes first', { close: 'peer' }],
    ['connections end with RST', { close: 'reset' }],
    ['it binds two source addresses', { close: 'fin', socket: { bind: ['10.0.0.2', '127.0.0.5'] } }],
    [
      'the run is over before ports run out',
      {
        close: 'fin',
        load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 900, forUs: 30 * SECOND }] },
      },
    ],
  ] as const)('are enough for 900/s where %s', (_, over) => {
    const arm = armAt({ load: MINUTES_AT(900), ...over });
    expect(find(judge(hostFacts(), scenarioOf(arm)), 'ports of stress').level).toBe('ok');
  });

  it('count once more for every further address of the peer', () => {
    const arm = armAt({ close: 'fin', load: MINUTES_AT(900) });
    const two = reach({
      endpoints: ['10.0.0.5', '10.0.0.6'].map((address) => ({ address, answer: 'connected', us: 1 })),
    });
    expect(find(judge(hostFacts(), scenarioOf(arm), [two]), 'ports of stress').level).toBe('ok');
    expect(find(judge(hostFacts(), scenarioOf(arm), [reach()]), 'ports of stress').level).toBe('fail');
  });

  it('may be taken again with tcp_tw_reuse, but only where timestamps are on', () => {
    const arm = armAt({ close: 'fin', load: MINUTES_AT(900) });
    const level = (sysctls: Record<string, string>, peer = reach()): string =>
      find(judge(withSysctls(sysctls), scenarioOf(arm), [peer]), 'ports of stress').level;
    const loopback = reach({ endpoints: [{ address: '127.0.0.1', answer: 'connected', us: 1 }] });
    expect(level({ 'net.ipv4.tcp_tw_reuse': '1' })).toBe('ok');
    expect(level({ 'net.ipv4.tcp_tw_reuse': '1', 'net.ipv4.tcp_timestamps': '0' })).toBe('fail');
    expect(level({ 'net.ipv4.tcp_tw_reuse': '2' })).toBe('fail');
    expect(level({ 'net.ipv4.tcp_tw_reuse': '2' }, loopback)).toBe('ok');
  });

  it('bound on purpose are taken again at once with timestamps, and rest 60 s without', () => {
    const ports = {
      range: { from: 20_000, to: 20_999 },
      order: 'sequential',
      reuseAfterUs: 0,
    } as const;
    const arm = armAt({ close: 'fin', load: MINUTES_AT(20), source: { addresses: [], ports } });
    const check = (sysctls: Record<string, string>, over = {}) =>
      find(judge(withSysctls(sysctls), { ...scenarioOf(arm), ...over }), 'ports of stress');
    expect(check({ 'net.ipv4.tcp_tw_reuse': '0' })).toMatchObject({
      level: 'ok',
      what: expect.stringContaining('whatever tcp_tw_reuse says'),
    });
    const without = check({ 'net.ipv4.tcp_tw_reuse': '1', 'net.ipv4.tcp_timestamps': '0' });
    expect(without).toMatchObject({ level: 'fail', what: expect.stringContaining('1000 ports allow 16') });
    expect(check({}, { tcpTimestamps: 'off' })).toEqual(without);
  });

  it('that rest between uses have to last for the rate', () => {
    const level = (ratePerSec: number) =>
      find(
        judge(
          hostFacts(),
          scenarioOf(
            armAt({
              load: MINUTES_AT(ratePerSec),
              source: {
                addresses: [{ kind: 'network', network: '127.0.1.0', prefix: 30 }],
                ports: { range: { from: 1_000, to: 1_999 }, order: 'lru', reuseAfterUs: 10 * SECOND },
              },
            }),
          ),
        ),
        'ports of stress',
      ).level;
    expect([level(200), level(201)]).toEqual(['ok', 'fail']);
  });

  it('warn of a closed loop whose attempts outnumber them: its rate is not known beforehand', () => {
    const arm = armAt({ close: 'fin', load: { kind: 'closed', concurrency: 10, attempts: 50_000 } });
    expect(find(judge(hostFacts(), scenarioOf(arm)), 'ports of stress').level).toBe('warn');
  });

  it('fail an arm that keeps more open than there are', () => {
    const arm = armAt({ load: { kind: 'closed', concurrency: 30_000, attempts: 30_000 } });
    expect(find(judge(hostFacts(), scenarioOf(arm)), 'ports of stress').level).toBe('fail');
  });
});

describe('the kernel', () => {
  it('tells its own SYN schedule', () => {
    expect(find(judge(hostFacts()), 'syn schedule').what).toContain('1, 2, 3, 4, 5, 7, 11, 19, 35, 67 s');
    const old = hostFacts({ sysctls: { 'net.ipv4.tcp_syn_retries': '6' } });
    expect(find(judge(old), 'syn schedule').what).toContain('1, 3, 7, 15, 31, 63 s');
  });

  it('warns where it gives up before the arm does, unless the arm says how often', () => {
    const facts = withSysctls({ 'net.ipv4.tcp_syn_retries': '2' });
    const patient = judge(facts, scenarioOf(armAt()));
    const explicit = judge(facts, scenarioOf(armAt({ socket: { bind: [], synCount: 6 } })));
    expect(patient.filter(({ level }) => level === 'warn').map(({ what }) => what)).toEqual([
      'arm stress would wait 10 s for a handshake, but the kernel gives up after 7 s',
    ]);
    expect(explicit.some(({ level }) => level === 'warn')).toBe(false);
  });

  it('offers the run without timestamps where they are on, and the other way round', () => {
    expect(find(judge(hostFacts()), 'timestamps').mend).toBe('rushhour run <scenario> --tcp-timestamps off');
    expect(find(judge(withSysctls({ 'net.ipv4.tcp_timestamps': '0' })), 'timestamps').mend).toMatch(
      /--tcp-timestamps on$/,
    );
  });

  it('is not read on other systems, which is said', () => {
    const checks = judge(hostFacts({ platform: 'darwin', sysctls: {}, fdLimit: { soft: null, hard: null } }));
    expect(checks.some(({ what }) => what.startsWith('darwin: stalls are inferred from time only'))).toBe(
      true,
    );
    expect(checks.some(({ level }) => level === 'fail')).toBe(false);
  });
});

describe('connection tracking on this machine', () => {
  it('is named, and a warning where its table may fill: 120 s of TIME_WAIT', () => {
    const tracked = hostFacts({ conntrack: { count: 100, max: 65_536 } });
    const level = (rate: number): string =>
      find(judge(tracked, scenarioOf(armAt({ load: MINUTES_AT(rate) }))), 'conntrack').level;
    expect(find(judge(tracked), 'conntrack').level).toBe('note');
    expect(level(500)).toBe('note');
    expect(level(600)).toBe('warn');
  });
});

describe('the machine itself', () => {
  it.each([
    ['an unsynchronised clock', { clock: { source: 'tsc', synchronised: false } }, 'clock', 'warn'],
    ['a clock nobody can judge', { clock: { source: null, synchronised: null } }, 'clock', 'note'],
    ['a slow clock source', { clock: { source: 'hpet', synchronised: true } }, 'clock source', 'warn'],
    ['a missing tcpdump', { tools: {} }, 'tools', 'note'],
  ] as const)('is judged for %s', (_, over, name, level) => {
    expect(find(judge(hostFacts(over)), name).level).toBe(level);
  });

  it('fails source addresses that it does not have', () => {
    const level = (bind: string[], facts = hostFacts()): string =>
      find(judge(facts, scenarioOf(armAt({ socket: { bind } }))), 'sources').level;
    expect(level(['10.0.0.2', '127.0.0.9'])).toBe('ok');
    expect(level(['10.0.0.2', '10.0.0.3'])).toBe('fail');
  });
});

describe('the peer', () => {
  const judgeOne = (over: Partial<ReachFacts>): Check =>
    find(judge(hostFacts(), scenarioOf(armAt()), [reach(over)]), 'peer of stress');
  const connected = { address: '10.0.0.5', answer: 'connected', us: 1_500 } as const;
  const silent = { address: '10.0.0.6', answer: 'silent', us: 5_000_000 } as const;

  it('answers', () => {
    expect(judgeOne({})).toMatchObject({ level: 'ok', what: 'proxy.test:3128 answers, in 1.5 ms' });
  });

  it('fails where its name does not resolve, or no address answers', () => {
    expect(judgeOne({ resolveError: 'ENOTFOUND', endpoints: [] })).toMatchObject({
      level: 'fail',
      mend: 'getent ahosts proxy.test',
    });
    expect(judgeOne({ endpoints: [silent] }).what).toBe('proxy.test:3128 does not answer: 10.0.0.6 (silent)');
    expect(judgeOne({ endpoints: [silent] }).level).toBe('fail');
  });

  it('is a warning where one address of several does not answer', () => {
    expect(judgeOne({ endpoints: [connected, silent] }).level).toBe('warn');
  });

  it('is expected to refuse where the arm says so', () => {
    const refused = { ...connected, answer: 'refused' } as const;
    expect(judgeOne({ refusalExpected: true, endpoints: [refused] }).level).toBe('ok');
    expect(judgeOne({ refusalExpected: true, endpoints: [connected] }).level).toBe('warn');
  });
});
