import { isIP } from 'node:net';
import { parseAddress } from './addresses.ts';
import { AF_INET, AF_INET6 } from './constants.ts';
import { findScopeId } from './zone.ts';

/** sizeof(struct sockaddr_in), ip(7). */
const SOCKADDR_IN_LENGTH = 16;
/** sizeof(struct sockaddr_in6), ipv6(7). */
const SOCKADDR_IN6_LENGTH = 28;

/** Length of the structure for an address family. */
export function sockaddrLength(family: 4 | 6): number {
  return family === 4 ? SOCKADDR_IN_LENGTH : SOCKADDR_IN6_LENGTH;
}

/**
 * Writes a struct sockaddr_in or sockaddr_in6 at the start of `into` and returns its length.
 * @param address literal IPv4 or IPv6 address, the latter with its zone if it has one; `undefined`: the wildcard of
 *   the family
 * @param port 0-65535
 * @throws RangeError if the address is not a literal of the family, or its zone is not an interface of this machine
 */
export function writeSockaddr(
  into: Uint8Array,
  family: 4 | 6,
  address: string | undefined,
  port: number,
): number {
  const length = sockaddrLength(family);
  into.fill(0, 0, length);
  // sa_family_t is in native byte order; every machine that koffi ships for is little-endian.
  into[0] = family === 4 ? AF_INET : AF_INET6;
  writePort(into, port);
  if (address === undefined) return length;
  const zoneAt = address.indexOf('%');
  if (family === 6 && zoneAt > 0) {
    writeScopeId(into, address.slice(zoneAt + 1));
    into.set(parseAddress(address), 8);
    return length;
  }
  if (isIP(address) !== family) throw new RangeError(`not an IPv${family} address: ${address}`);
  into.set(parseAddress(address), family === 4 ? 4 : 8);
  return length;
}

/** sin6_scope_id, a word in native byte order at the end of struct sockaddr_in6. */
function writeScopeId(into: Uint8Array, zone: string): void {
  const id = findScopeId(zone);
  if (id === undefined) throw new RangeError(`no interface ${zone}`);
  for (let byte = 0; byte < 4; byte += 1) into[24 + byte] = (id >>> (8 * byte)) & 0xff;
}

/** Writes only the port of an existing address (network order, at offset 2 in both structures). */
export function writePort(into: Uint8Array, port: number): void {
  into[2] = port >>> 8;
  into[3] = port & 0xff;
}

/** Reads the port of a struct sockaddr_in or sockaddr_in6. */
export function readPort(from: Uint8Array): number {
  return (from[2]! << 8) | from[3]!;
}
