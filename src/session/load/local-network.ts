import { networkInterfaces } from 'node:os';
import { readText, readUntil } from '../../doctor/read.ts';
import { hasAllListening, parseListeningPorts, parseReservedPorts } from '../../plan/ports/reserved.ts';
import type { PortRange } from '../../scenario/units.ts';
import type { Interfaces } from './source-addresses.ts';

/** The properties of this machine's network that decide where connections can come from. */
export interface LocalNetwork {
  readonly interfaces: Interfaces;
  /** Ports that must not be bound: reserved (ip_local_reserved_ports), or in use by a listener. */
  readonly blockedPorts: readonly PortRange[];
}

/** Reads its present state. What cannot be read (not Linux) counts as empty. */
export function readLocalNetwork(): LocalNetwork {
  const reserved = readText('/proc/sys/net/ipv4/ip_local_reserved_ports') ?? '';
  const listening = ['/proc/self/net/tcp', '/proc/self/net/tcp6'].flatMap((path) =>
    parseListeningPorts(readUntil(path, hasAllListening) ?? ''),
  );
  return {
    interfaces: networkInterfaces(),
    blockedPorts: [...parseReservedPorts(reserved), ...listening.map((port) => ({ from: port, to: port }))],
  };
}
