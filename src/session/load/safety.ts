import { BlockList, isIP } from 'node:net';
import { goesThroughProxy } from '../../scenario/far-end.ts';
import { withoutZone } from '../../scenario/host-names.ts';
import { askedHosts } from '../../scenario/page-hosts.ts';
import { peersOf } from '../../scenario/peer.ts';
import type { Scenario } from '../../scenario/types.ts';
import type { ArmOutline } from '../types.ts';

/**
 * Ranges in which no stranger answers: load sent there stays with its sender. Documentation and benchmark ranges are
 * among them because the Internet does not route them: if such an address answers, it is in a lab.
 */
const PRIVATE_RANGES: readonly (readonly [net: string, prefix: number, family: 'ipv4' | 'ipv6'])[] = [
  ['0.0.0.0', 32, 'ipv4'], // "this host" (RFC 1122): Linux connects to itself
  ['127.0.0.0', 8, 'ipv4'], // loopback (RFC 1122)
  ['10.0.0.0', 8, 'ipv4'], // RFC 1918
  ['172.16.0.0', 12, 'ipv4'],
  ['192.168.0.0', 16, 'ipv4'],
  ['100.64.0.0', 10, 'ipv4'], // shared by carriers (RFC 6598)
  ['169.254.0.0', 16, 'ipv4'], // link-local (RFC 3927)
  ['192.0.2.0', 24, 'ipv4'], // documentation (RFC 5737)
  ['198.51.100.0', 24, 'ipv4'],
  ['203.0.113.0', 24, 'ipv4'],
  ['198.18.0.0', 15, 'ipv4'], // benchmarks (RFC 2544)
  ['::', 127, 'ipv6'], // unspecified and loopback (RFC 4291)
  ['fe80::', 10, 'ipv6'], // link-local (RFC 4291)
  ['fc00::', 7, 'ipv6'], // unique local (RFC 4193)
  ['2001:db8::', 32, 'ipv6'], // documentation (RFC 3849)
  ['3fff::', 20, 'ipv6'], // documentation (RFC 9637)
  ['2001:2::', 48, 'ipv6'], // benchmarks (RFC 5180)
];

const privateRanges = new BlockList();
for (const [net, prefix, family] of PRIVATE_RANGES) privateRanges.addSubnet(net, prefix, family);

/**
 * Suffixes of names that never resolve to a stranger: RFC 6761, RFC 6762 (local), RFC 8375 (home.arpa), ICANN
 * (internal).
 */
const PRIVATE_NAMES = /(^|\.)(localhost|test|example|invalid|local|internal|home\.arpa)\.?$/i;

/** Whether an address may belong to a stranger. An IPv4-mapped IPv6 address is treated as IPv4. */
export function isPublicAddress(address: string): boolean {
  return !privateRanges.check(withoutZone(address), isIP(address) === 6 ? 'ipv6' : 'ipv4');
}

/**
 * Whether a host that only a proxy resolves may be a stranger's. Names of a single label and names reserved for private
 * use are not; any other name is assumed to be.
 */
export function isPublicHost(host: string): boolean {
  if (isIP(host) !== 0) return isPublicAddress(host);
  return host.includes('.') && !PRIVATE_NAMES.test(host);
}

/** A host that needs permission, and how it is known to be public. */
export interface PublicHost {
  /** As written in the scenario, in lower case. */
  readonly host: string;
  readonly because: string;
}

/**
 * Every public host on which a run would put load: what it connects to, and what it asks a proxy to fetch. Named as in
 * the scenario, so that a permission survives a change of address.
 */
export function findPublicHosts(scenario: Scenario, outlines: readonly ArmOutline[]): PublicHost[] {
  if (scenario.farEnd === 'embedded') return [];
  const found = new Map<string, PublicHost>();
  const add = (host: string, because: string): void => {
    const name = host.toLowerCase();
    if (!found.has(name)) found.set(name, { host: name, because });
  };
  for (const arm of scenario.arms) {
    const addresses = (outlines.find(({ name }) => name === arm.name)?.endpoints ?? []).map(addressOf);
    const open = addresses.filter(isPublicAddress);
    if (open.length > 0) {
      const peers = peersOf(arm).filter(({ host }, _, { length }) => length === 1 || mayBePublic(host));
      for (const { host } of peers) add(host, `arm ${arm.name} connects to ${open.join(', ')}`);
    }
    if (!goesThroughProxy(arm.via)) continue;
    for (const { host } of askedHosts(arm).filter(({ host }) => isPublicHost(host)))
      add(host, `arm ${arm.name} asks the proxy for it`);
  }
  return [...found.values()];
}

/** Addresses have already shown what a name stands for. */
function mayBePublic(host: string): boolean {
  return isIP(host) === 0 || isPublicAddress(host);
}

/** The address of "address:port" or "[address]:port". */
function addressOf(endpoint: string): string {
  return endpoint.slice(0, endpoint.lastIndexOf(':')).replace(/^\[|\]$/g, '');
}
