import { networkInterfaces } from 'node:os';
import { readText, readUntil } from '../../doctor/read.ts';
import { hasAllListening, parseListeningPorts, parseReservedPorts } from '../../plan/ports/reserved.ts';
import type { PortRange } from '../../scenario/units.ts';
import type { Interfaces } from './source-addresses.ts';

/** What of this machine's network decides where connections can come from. */
export interface LocalNetwork {
  readonly interfaces: Interfaces;
  /** Ports not to be bound: reserved (ip_local_reserved_ports), or listened on. */
  readonly blockedPorts: readonly PortRange[];
}

/** Reads it as it is now. What cannot be read (no Linux) counts as nothing. */
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
