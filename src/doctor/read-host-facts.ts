import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { arch, cpus, hostname, networkInterfaces, release, totalmem } from 'node:os';
import { isLibcAvailable } from '../net/load.ts';
import { readPacketFacts } from './packet-facts.ts';
import { findTools, parseFdLimits, readSysctls, readText } from './read.ts';
import type { HostFacts } from './types.ts';

/** Kernel settings that change what a run does or means: ip-sysctl.rst, tcp(7), nf_conntrack-sysctl.rst. */
const SYSCTLS = [
  'fs.nr_open',
  'fs.file-max',
  'net.core.somaxconn',
  'net.ipv4.ip_local_port_range',
  'net.ipv4.ip_local_reserved_ports',
  'net.ipv4.ip_nonlocal_bind',
  'net.ipv4.tcp_ecn',
  'net.ipv4.tcp_fin_timeout',
  'net.ipv4.tcp_max_syn_backlog',
  'net.ipv4.tcp_max_tw_buckets',
  'net.ipv4.tcp_syn_linear_timeouts',
  'net.ipv4.tcp_syn_retries',
  'net.ipv4.tcp_timestamps',
  'net.ipv4.tcp_tw_reuse',
] as const;

/** Tools that collect evidence or fix what doctor finds. */
const TOOLS = ['tcpdump', 'ip', 'nft', 'conntrack', 'ss', 'ethtool', 'klist', 'kinit', 'k5start'] as const;

/** Reads what this machine offers a run. Never fails: what cannot be read is omitted or null. */
export async function readHostFacts(): Promise<HostFacts> {
  const { PATH } = process.env;
  const processors = cpus();
  const packetEngine = readPacketFacts();
  return {
    platform: process.platform,
    arch: arch(),
    hostname: hostname(),
    kernel: release(),
    node: process.versions.node,
    cpus: { count: processors.length, model: processors[0]?.model.trim() ?? '' },
    memoryBytes: totalmem(),
    fdLimit: parseFdLimits(readText('/proc/self/limits') ?? ''),
    addresses: listAddresses(),
    sysctls: readSysctls(SYSCTLS),
    conntrack: readConntrack(),
    clock: {
      source: readText('/sys/devices/system/clocksource/clocksource0/current_clocksource') ?? null,
      synchronised: await readSynchronised(),
    },
    packages: {
      koffi: isLibcAvailable(),
      kerberos: isInstalled('kerberos'),
      pac: isInstalled('pac-resolver') && isInstalled('quickjs-wasi/quickjs.wasm'),
    },
    tools: findTools(TOOLS, PATH ?? ''),
    ...(packetEngine === undefined ? {} : { packetEngine }),
  };
}

/** npm omits an optional package entirely if it could not be installed. */
function isInstalled(name: string): boolean {
  try {
    createRequire(import.meta.url).resolve(name);
    return true;
  } catch {
    return false;
  }
}

function listAddresses(): string[] {
  return Object.values(networkInterfaces()).flatMap((entries) =>
    (entries ?? []).map(({ address }) => address),
  );
}

function readConntrack(): HostFacts['conntrack'] {
  const count = readText('/proc/sys/net/netfilter/nf_conntrack_count');
  const max = readText('/proc/sys/net/netfilter/nf_conntrack_max');
  return count === undefined || max === undefined ? null : { count: Number(count), max: Number(max) };
}

/** timesyncd's marker file, or what the kernel told timedatectl (chrony, ntpd); null if neither exists. */
async function readSynchronised(): Promise<boolean | null> {
  if (existsSync('/run/systemd/timesync/synchronized')) return true;
  if (!existsSync('/run/systemd/system')) return null;
  const answer = await new Promise<string>((resolve) => {
    execFile(
      'timedatectl',
      ['show', '-p', 'NTPSynchronized', '--value'],
      { timeout: 2_000 },
      (error, stdout) => resolve(error === null ? stdout.trim() : ''),
    );
  });
  return answer === 'yes' ? true : answer === 'no' ? false : null;
}
