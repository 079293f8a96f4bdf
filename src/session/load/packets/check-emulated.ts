import { BlockList, isIP } from 'node:net';
import type { NetworkInterfaceInfo } from 'node:os';
import { UsageError } from '../../../errors.ts';
import { isPublicAddress } from '../safety.ts';
import type { Interfaces } from '../source-addresses.ts';

/** The addresses on the link that emulated ones must not collide with. */
export interface LinkNeighbourhood {
  readonly interfaceName: string;
  readonly interfaces: Interfaces;
  /** Of this machine's routes. */
  readonly gateways: ReadonlySet<string>;
  /** Addresses that arms connect to. */
  readonly endpoints: readonly string[];
}

/**
 * Emulated addresses, without those that are broadcast or network addresses on the interface's own networks.
 * @throws UsageError if one is this machine's, a gateway's or an endpoint's, or is public, so that answers would reach
 * a stranger
 */
export function checkEmulated(
  arm: string,
  addresses: readonly string[],
  { interfaceName, interfaces, gateways, endpoints }: LinkNeighbourhood,
): string[] {
  const own = new Set(
    Object.values(interfaces).flatMap((infos) => (infos ?? []).map(({ address }) => address)),
  );
  const onLink = (interfaces[interfaceName] ?? []).filter(({ cidr }) => cidr !== null);
  const link = new BlockList();
  for (const { address, family, cidr } of onLink)
    link.addSubnet(address, Number(cidr?.split('/')[1]), family === 'IPv6' ? 'ipv6' : 'ipv4');
  const ends = new Set(onLink.flatMap(endsOf));
  const refuse = (address: string, what: string): never => {
    throw new UsageError(`arm ${arm}: ${address} cannot be emulated: ${what}`, {
      hint: 'choose unused addresses that the next hop expects on this link',
    });
  };
  for (const address of addresses) {
    if (own.has(address)) refuse(address, 'it belongs to this machine');
    if (gateways.has(address)) refuse(address, 'it is the address of a gateway');
    if (endpoints.includes(address)) refuse(address, 'the arm connects to it');
    const isOnLink = link.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');
    if (!isOnLink && isPublicAddress(address))
      refuse(address, `it is public and outside ${interfaceName}’s network: answers would go to a stranger`);
  }
  return addresses.filter((address) => !ends.has(address));
}

/** Network and broadcast address of an interface's IPv4 network; a /31 (RFC 3021) or /32 has neither. */
function endsOf({ address, netmask, family }: NetworkInterfaceInfo): string[] {
  if (family !== 'IPv4') return [];
  const mask = netmask.split('.').map(Number);
  if (mask[3]! >= 254) return [];
  const bytes = address.split('.').map(Number);
  const [network, broadcast] = [
    bytes.map((byte, index) => byte & mask[index]!),
    bytes.map((byte, index) => byte | (~mask[index]! & 0xff)),
  ];
  return [network.join('.'), broadcast.join('.')];
}
