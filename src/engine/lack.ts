import { constants, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Lack } from '../outcome/classify.ts';
import { readIcmp } from '../outcome/refusal.ts';
import type { AttemptRecord, Endpoint } from './types.ts';

/**
 * Machines that run out of ports do so thousands of times a second, so addresses are cached rather than looked up
 * each time.
 */
const KNOWN_FOR_MS = 1_000;

let known: { readonly infos: readonly NetworkInterfaceInfo[]; readonly atMs: number } | undefined;

/**
 * What this machine lacks when it refuses to start a connection. Linux returns EADDRNOTAVAIL from bind() for an
 * address that it does not have, from connect() without a free port (inet_hash_connect()), and from connect() over
 * IPv6 without any IPv6 address, for example with IPv6 disabled (ip6_dst_lookup_tail() finds no source).
 * @param wasBind bind() failed
 */
export function diagnoseLack(errno: number, wasBind: boolean, { address, family }: Endpoint): Lack {
  if (errno !== constants.errno.EADDRNOTAVAIL) return 'nothing known';
  if (wasBind) return 'address';
  return family === 6 && !listIPv6().some((own) => reaches(own, address)) ? 'family' : 'nothing known';
}

/** Whether a connection that this machine refused to start was to have a certain source port, which something else holds. */
export function isPortTaken({ errno, lacks, sourcePort }: Readonly<AttemptRecord>): boolean {
  if (sourcePort === 0) return false;
  const { EADDRINUSE, EADDRNOTAVAIL } = constants.errno;
  return errno === EADDRINUSE || (errno === EADDRNOTAVAIL && lacks === 'nothing known');
}

/** ::1 and link-local addresses cannot be used beyond the host or link (RFC 4291 sections 2.5.3 and 2.5.6). */
function reaches(own: string, peer: string): boolean {
  return isNear(peer) || !isNear(own);
}

function isNear(address: string): boolean {
  return /^(::1$|fe[89ab])/i.test(address);
}

function listIPv6(): readonly string[] {
  return listOwn()
    .filter(({ family }) => family === 'IPv6')
    .map(({ address }) => address);
}

/**
 * Whether this machine itself sent the ICMP message that refused a connection, as an nftables output chain with a
 * reject rule does: the SYN never left. A host on the link that does not answer ARP or neighbour discovery is also
 * reported by this machine, but not because of a rule (dst_link_failure(), net/ipv4/arp.c).
 * @param refusedBy as defined in outcome/refusal.ts
 */
export function diagnoseRefusal(refusedBy: string, { address }: Endpoint): Lack {
  const message = readIcmp(refusedBy);
  if (message === undefined || UNRESOLVED.has(message.what) || message.sender === address)
    return 'nothing known';
  return listOwn().some((own) => own.address === message.sender) ? 'permission' : 'nothing known';
}

const UNRESOLVED = new Set(['host-unreachable', 'addr-unreachable']);

function listOwn(): readonly NetworkInterfaceInfo[] {
  const atMs = performance.now();
  if (known === undefined || atMs - known.atMs > KNOWN_FOR_MS)
    known = { infos: Object.values(networkInterfaces()).flatMap((list) => list ?? []), atMs };
  return known.infos;
}
