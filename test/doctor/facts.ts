import type { HostFacts } from '../../src/doctor/types.ts';
import type { Arm, Scenario } from '../../src/scenario/types.ts';

/** A Linux machine of today with its defaults, in good order. */
export function hostFacts(over: Partial<HostFacts> = {}): HostFacts {
  return {
    platform: 'linux',
    arch: 'arm64',
    hostname: 'probe-7',
    kernel: '6.12.0',
    node: '20.19.2',
    cpus: { count: 4, model: 'Cortex-A76' },
    memoryBytes: 8e9,
    fdLimit: { soft: 524_288, hard: 524_288 },
    addresses: ['127.0.0.1', '10.0.0.2'],
    sysctls: {
      'net.ipv4.ip_local_port_range': '32768 60999',
      'net.ipv4.ip_local_reserved_ports': '',
      'net.ipv4.tcp_syn_retries': '6',
      'net.ipv4.tcp_syn_linear_timeouts': '4',
      'net.ipv4.tcp_timestamps': '1',
      'net.ipv4.tcp_tw_reuse': '2',
    },
    conntrack: null,
    clock: { source: 'arch_sys_counter', synchronised: true },
    tools: { tcpdump: '/usr/bin/tcpdump' },
    ...over,
  };
}

/** Facts with some kernel settings changed. */
export function withSysctls(sysctls: Record<string, string>): HostFacts {
  const facts = hostFacts();
  return { ...facts, sysctls: { ...facts.sysctls, ...sysctls } };
}

/** 1,000 attempts a second for 30 s, the far end closing first, until something is changed. */
export function armAt(over: Partial<Arm> = {}): Arm {
  return {
    name: 'stress',
    via: 'direct',
    target: { scheme: 'http', host: 'origin.test', port: 80, path: '/' },
    request: { method: 'GET', version: '1.1', headers: [], body: '' },
    expect: { kind: 'status', statuses: [] },
    load: { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 1_000, forUs: 30_000_000 }] },
    handshakeTimeoutUs: 10_000_000,
    responseTimeoutUs: 10_000_000,
    stallAfterUs: 900_000,
    close: 'peer',
    holdUs: 0,
    socket: { bind: [] },
    ...over,
  };
}

export function scenarioOf(...arms: Arm[]): Scenario {
  return { schema: 1, name: 'steady', description: '', farEnd: 'none', arms, pass: [], findings: [] };
}
