import { dirname } from 'node:path';
import { type SoakInstallPlan, STATE_DIR } from './installed-soak.ts';
import { pathForUnit } from './quote.ts';

const MB_PER_WORKER = 192;
const BASE_MB = 512;
/** The kernel's buffers of a connection count too (memory.stat: sock). */
const KB_PER_CONNECTION = 16;

/** Capabilities that the scenario cannot do without. */
function capabilitiesOf({ needs }: SoakInstallPlan): string[] {
  return [
    ...(needs.bindsLowPorts ? ['CAP_NET_BIND_SERVICE'] : []),
    ...(needs.sendsPackets ? ['CAP_NET_RAW'] : []),
    // The packet engine keeps the kernel from answering for it: an nftables rule.
    ...(needs.setsTcpTimestamps || needs.sendsPackets ? ['CAP_NET_ADMIN'] : []),
  ];
}

/** Whether a path is one that the service's user may write anyway. */
function isInStateDir(path: string): boolean {
  return `${path}/`.startsWith(`${STATE_DIR}/`);
}

/** What a unit is let do beyond opening connections, reading the system and writing into its own folders. */
/** Above the privileges of a unit that has none. */
export const NO_CAPABILITY = '# No capability: it opens connections, as any user may.';

export interface Privileges {
  /** Names as capabilities(7) has them. */
  readonly capabilities: readonly string[];
  /** It sees or sends whole packets. */
  readonly opensPacketSockets: boolean;
  /** It writes below /proc/sys. */
  readonly setsKernel: boolean;
}

/** What the service may do: open connections, read the system, and write its results. */
export function hardeningOf(plan: SoakInstallPlan): string[] {
  const { night, needs } = plan;
  const capabilities = capabilitiesOf(plan);
  return [
    '# The whole system is read-only to it, but for this folder, which systemd makes for its user.',
    'StateDirectory=rushhour',
    'StateDirectoryMode=0755',
    ...(isInStateDir(night.results) ? [] : [`ReadWritePaths=${pathForUnit(night.results)}`]),
    'UMask=0022',
    capabilities.length === 0 ? NO_CAPABILITY : '# What the scenario needs: see docs/nightly.md.',
    ...(needs.setsTcpTimestamps
      ? ['# The scenario sets net.ipv4.tcp_timestamps for the soak and restores it.']
      : []),
    ...confine({
      ...{ capabilities, opensPacketSockets: needs.sendsPackets, setsKernel: needs.setsTcpTimestamps },
    }),
  ];
}

/** Everything else is closed to it. systemd.exec(5) has each word. */
export function confine({ capabilities, opensPacketSockets, setsKernel }: Privileges): string[] {
  return [
    `CapabilityBoundingSet=${capabilities.join(' ')}`,
    `AmbientCapabilities=${capabilities.join(' ')}`,
    'NoNewPrivileges=yes',
    'ProtectSystem=strict',
    'ProtectHome=yes',
    'PrivateTmp=yes',
    'PrivateDevices=yes',
    'PrivateMounts=yes',
    'DevicePolicy=closed',
    `ProtectKernelTunables=${setsKernel ? 'no' : 'yes'}`,
    'ProtectKernelModules=yes',
    'ProtectKernelLogs=yes',
    'ProtectControlGroups=yes',
    'ProtectClock=yes',
    'ProtectHostname=yes',
    '# /proc/sys and /proc/net are read for the record of what the machine was like; processes of others are not.',
    'ProtectProc=invisible',
    'ProcSubset=all',
    'RestrictNamespaces=yes',
    'RestrictRealtime=yes',
    'RestrictSUIDSGID=yes',
    'LockPersonality=yes',
    'RemoveIPC=yes',
    'KeyringMode=private',
    '# Netlink lists the interfaces; unix sockets carry what is told to systemd.',
    `RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX AF_NETLINK${opensPacketSockets ? ' AF_PACKET' : ''}`,
    'SystemCallArchitectures=native',
    '# What lies outside gives EPERM and kills nobody: V8 tries pkey_alloc() and does without it.',
    'SystemCallErrorNumber=EPERM',
    'SystemCallFilter=@system-service',
    'SystemCallFilter=~@privileged @resources',
    '# No MemoryDenyWriteExecute=: the JIT compiler of V8 writes machine code and runs it.',
  ];
}

/** What it may use, and how it stands towards the rest of the machine. */
export function limitsOf({ needs }: SoakInstallPlan): string[] {
  const connectionsMb = Math.ceil((needs.openAtMost * KB_PER_CONNECTION) / 1_024);
  return [
    '# Every attempt of an outage at once, twice over, and what Node has open itself.',
    `LimitNOFILE=${Math.max(4_096, 2 * needs.openAtMost + 1_024)}`,
    '# The watchdog ends it with SIGABRT, and a core file would hold passwords.',
    'LimitCORE=0',
    '# A guard, several times what a soak takes: a leak costs seconds and a restart, not the machine. Swapped out, it',
    '# would be late, and say nothing about the firewall.',
    `MemoryMax=${BASE_MB + MB_PER_WORKER * needs.workers + connectionsMb}M`,
    'MemorySwapMax=0',
    'OOMPolicy=stop',
    '# Backups and updates run at night, too: connections start on time before they go on. No real-time priority, which',
    '# could starve the kernel of the very machine that sends.',
    'Nice=-5',
    'CPUWeight=500',
  ];
}

/** The folder that a path lies in must be there before systemd can open it for writing. */
export function folderToMake({ night }: SoakInstallPlan): string | undefined {
  return isInStateDir(night.results) || dirname(night.results) === night.results ? undefined : night.results;
}
