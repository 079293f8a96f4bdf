import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import { expandAddresses as expandHosts } from '../../plan/ports/expand-addresses.ts';
import type { SourceAddress } from '../../scenario/types.ts';

/** The machine's interfaces, as returned by os.networkInterfaces(). */
export type Interfaces = Readonly<Record<string, readonly NetworkInterfaceInfo[] | undefined>>;

/** More source addresses than any site has clients behind one machine; each needs memory for all of its ports. */
const MAX_SOURCES = 1_024;

/**
 * An arm's source addresses, each once, in the order written.
 * @param toLoopback whether the peer is on loopback: only then can loopback addresses reach it
 * @throws EnvironmentError if this machine has none of those that an entry names
 */
export function expandAddresses(
  arm: string,
  written: readonly SourceAddress[],
  interfaces: Interfaces,
  toLoopback: boolean,
): string[] {
  const found = written.flatMap((entry) => {
    const addresses = expandAddress(entry, interfaces, toLoopback);
    if (addresses.length > 0) return addresses;
    throw missing(arm, entry, interfaces);
  });
  const addresses = [...new Set(found)];
  if (addresses.length <= MAX_SOURCES) return addresses;
  throw new EnvironmentError(
    `arm ${arm}: ${addresses.length} source addresses are more than ${MAX_SOURCES}`,
    {
      hint: 'use a smaller network in source.addresses',
    },
  );
}

function expandAddress(entry: SourceAddress, interfaces: Interfaces, toLoopback: boolean): string[] {
  switch (entry.kind) {
    case 'address':
      return [entry.address];
    case 'network':
      return expandNetwork(entry.network, entry.prefix, interfaces);
    case 'interface':
      return (interfaces[entry.name] ?? []).filter(isUsable).map(({ address }) => address);
    case 'all':
      return listAll(interfaces)
        .filter((info) => info.internal === toLoopback)
        .map(({ address }) => address);
  }
}

function listAll(interfaces: Interfaces): NetworkInterfaceInfo[] {
  return Object.values(interfaces)
    .flatMap((infos) => infos ?? [])
    .filter(isUsable);
}

/** A link-local IPv6 address cannot be bound without its zone (RFC 4007). */
function isUsable({ address }: NetworkInterfaceInfo): boolean {
  return !/^fe[89ab]/i.test(address);
}

function expandNetwork(network: string, prefix: number, interfaces: Interfaces): string[] {
  // All of 127/8 is local without being listed (RFC 1122 section 3.2.1.3).
  if (network.startsWith('127.') && prefix >= 8) return expandHosts(`${network}/${prefix}`, MAX_SOURCES);
  const list = new BlockList();
  list.addSubnet(network, prefix, isIP(network) === 6 ? 'ipv6' : 'ipv4');
  return listAll(interfaces)
    .map(({ address }) => address)
    .filter((address) => isIP(address) === isIP(network))
    .filter((address) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'));
}

function missing(arm: string, entry: SourceAddress, interfaces: Interfaces): EnvironmentError {
  switch (entry.kind) {
    case 'interface': {
      const has = entry.name in interfaces;
      return new EnvironmentError(
        has
          ? `arm ${arm}: the interface ${entry.name} has no address`
          : `arm ${arm}: this machine has no interface ${entry.name} that is up and has an address`,
        {
          hint: `add one (ip address add 192.0.2.10/24 dev ${entry.name}, as root), or name one of ${Object.keys(interfaces).join(', ')}`,
        },
      );
    }
    case 'network':
      return new EnvironmentError(
        `arm ${arm}: this machine has no address in ${entry.network}/${entry.prefix}`,
        {
          hint: `add some (ip address add ${entry.network}/32 dev lo, as root), or change source.addresses`,
        },
      );
    case 'all':
    case 'address':
      return new EnvironmentError(`arm ${arm}: this machine has no source address that can reach the peer`, {
        hint: 'connect it to a network: ip address',
      });
  }
}
