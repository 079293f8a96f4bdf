import type { Scenario } from '../../scenario/types.ts';
import { limitFor, wantedOpenFiles } from '../judge-descriptors.ts';
import { estimateEntries } from '../judge-kernel.ts';
import { countPorts, judgePorts } from '../judge-ports.ts';
import { estimateMostWithin, TIME_WAIT_SEC } from '../needs.ts';
import type { HostFacts, ReachFacts } from '../types.ts';
import type { Advice, Proposal } from './types.ts';

/** Ports below 1024 need a privilege (ip_unprivileged_port_start in ip-sysctl.rst). */
const WIDE_RANGE = '1024 65535';
const WIDE_PORTS = 64_512;

/** net.rst: 4096, 128 before Linux 5.4. */
const BACKLOG = 4_096;

/** Without a scenario: TIME_WAIT for every port of the wide range towards one destination. */
const TIME_WAIT_BUCKETS = 65_536;

/** Without a scenario: entries for the same in connection tracking, which keeps them twice as long. */
const CONNTRACK_ENTRIES = 131_072;

/**
 * Kernel settings worth changing for the scenario, or for any. Only limits of the machine are raised. Settings that
 * affect a handshake or when a port can be reused (tcp_syn_retries, tcp_timestamps, tcp_tw_reuse, tcp_fin_timeout,
 * tcp_ecn, buffers) are what is being measured, so they are left alone.
 */
export function adviseSettings(
  facts: HostFacts,
  scenario: Scenario | undefined,
  reach: readonly ReachFacts[] = [],
): Advice {
  const openFiles = adviseOpenFiles(facts, scenario);
  const settings = [
    advisePorts(facts, scenario, reach),
    adviseTimeWait(facts, scenario),
    ...adviseBacklogs(facts, scenario),
    adviseConntrack(facts, scenario),
    ...adviseFiles(facts, openFiles?.wanted ?? 0),
  ].filter((proposal) => proposal !== undefined);
  return { settings, ...(openFiles === undefined ? {} : { openFiles }) };
}

function advisePorts(
  facts: HostFacts,
  scenario: Scenario | undefined,
  reach: readonly ReachFacts[],
): Proposal | undefined {
  const name = 'net.ipv4.ip_local_port_range';
  const now = facts.sysctls[name];
  const ports = countPorts(facts);
  if (now === undefined || ports === undefined || ports >= WIDE_PORTS - 4_096) return undefined;
  const [first = 0, last = 0] = now.split(' ').map(Number);
  // A range whose start or end was set deliberately is widened too, but never moved.
  if (first < 1_024 || last > 65_535) return undefined;
  const short = scenario === undefined ? undefined : findShort(facts, scenario, reach);
  if (scenario !== undefined && short === undefined) return undefined;
  return {
    ...{ name, now, proposed: WIDE_RANGE },
    why:
      short ??
      `${ports} source ports allow ${Math.floor(ports / TIME_WAIT_SEC)} connections/s to one address and port if this side closes first; the wider range allows ${Math.floor(WIDE_PORTS / TIME_WAIT_SEC)}.`,
    risk: 'A service that starts later may find its port taken by an outgoing connection: add its port to net.ipv4.ip_local_reserved_ports. Runs before and after the change use different ports; compare reports that.',
  };
}

/** Why the first arm that leaves its ports to the system has too few. */
function findShort(facts: HostFacts, scenario: Scenario, reach: readonly ReachFacts[]): string | undefined {
  const checks = judgePorts(facts, scenario, reach);
  return scenario.arms
    .filter(({ source }) => source?.ports === undefined)
    .map(({ name }) => checks.find((check) => check.name === `ports of ${name}`))
    .find((check) => check?.level === 'fail' || check?.level === 'warn')?.what;
}

function adviseTimeWait(facts: HostFacts, scenario: Scenario | undefined): Proposal | undefined {
  const wanted = scenario === undefined ? TIME_WAIT_BUCKETS : ceilToPowerOfTwo(countTimeWait(scenario));
  return raise(facts, 'net.ipv4.tcp_max_tw_buckets', wanted, {
    why: 'Beyond it the kernel removes connections from TIME_WAIT at once: their ports can be reused too early, on this machine only.',
    risk: 'About 250 bytes of kernel memory per connection in TIME_WAIT.',
  });
}

/** Most connections in TIME_WAIT on this machine; with the embedded far end, including those that it closed first. */
function countTimeWait({ arms, farEnd }: Scenario): number {
  return arms
    .filter(({ close }) => close === 'fin' || (close === 'peer' && farEnd === 'embedded'))
    .map(
      ({ load }) => estimateMostWithin(load, TIME_WAIT_SEC) ?? (load.kind === 'closed' ? load.attempts : 0),
    )
    .reduce<number>((sum, count) => sum + (count ?? 0), 0);
}

/** The embedded far end, which runs on this machine, needs room for handshakes that arrive at the same time. */
function adviseBacklogs(facts: HostFacts, scenario: Scenario | undefined): (Proposal | undefined)[] {
  if (scenario !== undefined && scenario.farEnd !== 'embedded') return [];
  const reason = {
    why: 'In a burst, the embedded far end and that of the lab would leave SYNs unanswered, which looks like a stall.',
    risk: 'Negligible: services choose their own backlog; this only raises the maximum.',
  };
  return [
    raise(facts, 'net.core.somaxconn', BACKLOG, reason),
    raise(facts, 'net.ipv4.tcp_max_syn_backlog', BACKLOG, reason),
  ];
}

function adviseConntrack(facts: HostFacts, scenario: Scenario | undefined): Proposal | undefined {
  if (facts.conntrack === null) return undefined;
  const { count, max } = facts.conntrack;
  const wanted =
    scenario === undefined ? CONNTRACK_ENTRIES : ceilToPowerOfTwo(count + estimateEntries(scenario));
  if (max >= wanted) return undefined;
  return {
    name: 'net.netfilter.nf_conntrack_max',
    now: String(max),
    proposed: String(wanted),
    why: 'A full table drops new connections here, before the firewall sees them.',
    risk: `About 320 bytes of kernel memory per entry, ${Math.ceil((wanted * 320) / 1e6)} MB when full; look-ups get slower unless nf_conntrack_buckets is raised too.`,
  };
}

function adviseFiles(facts: HostFacts, openFiles: number): (Proposal | undefined)[] {
  return [
    raise(facts, 'fs.nr_open', openFiles, {
      why: 'No process can have a higher limit of open files than this.',
      risk: 'Programs that close every possible descriptor at startup start more slowly.',
    }),
    raise(facts, 'fs.file-max', 2 * openFiles, {
      why: 'Limits the open files of all processes together, sockets included.',
      risk: 'Kernel memory, about 1 kB per open file.',
    }),
  ];
}

function adviseOpenFiles(facts: HostFacts, scenario: Scenario | undefined): Advice['openFiles'] {
  const { soft } = facts.fdLimit;
  const open = wantedOpenFiles(facts, scenario);
  return soft === null || open === undefined ? undefined : { now: soft, wanted: limitFor(open) };
}

function raise(
  { sysctls }: HostFacts,
  name: string,
  wanted: number,
  reason: Pick<Proposal, 'why' | 'risk'>,
): Proposal | undefined {
  const now = sysctls[name];
  // Compared as numbers, although fs.file-max may exceed what a number represents exactly.
  if (now === undefined || Number(now) >= wanted) return undefined;
  return { name, now, proposed: String(wanted), ...reason };
}

function ceilToPowerOfTwo(count: number): number {
  return count <= 1 ? count : 2 ** Math.ceil(Math.log2(count));
}
