import { constants, type NetworkInterfaceInfo, networkInterfaces } from 'node:os';
import { performance } from 'node:perf_hooks';
import type { Lack } from '../outcome/classify.ts';
import { readIcmp } from '../outcome/refusal.ts';
import type { Endpoint } from './types.ts';

/** Machines that run out of ports do so thousands of times a second, and addresses are not asked for each time. */
const KNOWN_FOR_MS = 1_000;

let known: { readonly infos: readonly NetworkInterfaceInfo[]; readonly atMs: number } | undefined;

/**
 * What this machine lacks where it refused to start a connection. Linux says EADDRNOTAVAIL of bind() to an address that it has
 * not, of connect() without a free port (inet_hash_connect()), and of connect() by IPv6 without any such address, as where IPv6
 * is switched off (ip6_dst_lookup_tail() finds no source).
 * @param wasBind it was bind() that failed
 */
export function tellLack(errno: number, wasBind: boolean, { address, family }: Endpoint): Lack {
  if (errno !== constants.errno.EADDRNOTAVAIL) return 'nothing known';
  if (wasBind) return 'address';
  return family === 6 && !listIPv6().some((own) => reaches(own, address)) ? 'family' : 'nothing known';
}

/** ::1 and link-local addresses are of no use beyond where they are (RFC 4291 sections 2.5.3 and 2.5.6). */
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
 * Whether an ICMP message that refused a connection is this machine's own, as of an nftables output chain that rejects: the SYN
 * never left. That a host on the link does not answer ARP or neighbour discovery is told by this machine as well, but no rule's
 * doing (dst_link_failure(), net/ipv4/arp.c).
 * @param refusedBy as outcome/refusal.ts has it
 */
export function tellOwnRefusal(refusedBy: string, { address }: Endpoint): Lack {
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
