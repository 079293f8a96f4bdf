import { readFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';

/**
 * The kernel's number for a zone (sin6_scope_id, ipv6(7)): that of the named interface, or the number itself.
 * @returns undefined if this machine has no such interface
 */
export function findScopeId(zone: string): number | undefined {
  const known = networkInterfaces()[zone]?.find(({ family, scopeid }) => family === 'IPv6' && scopeid);
  if (known?.family === 'IPv6') return known.scopeid;
  try {
    // An interface without an IPv6 address yet.
    return Number(readFileSync(`/sys/class/net/${zone.replaceAll('/', '')}/ifindex`, 'latin1'));
  } catch {
    return /^\d+$/.test(zone) ? Number(zone) : undefined;
  }
}
