import { ADDRESSES, clientAddress } from './addresses.ts';
import type { Lab } from './lab.ts';
import { makeNamespaces } from './namespace.ts';

/** Names of the firewall's interfaces, for rules. */
export const INSIDE = 'inside';
export const OUTSIDE = 'outside';

/**
 * TCP passes up to 64 KiB at once to a veth pair and leaves segmentation to the card. With one segment each, rules see
 * packets as they would be on a wire.
 */
export const ONE_SEGMENT = 'gso_max_segs 1';

/** Makes the namespaces and connects them: clients, firewall, far side. */
export async function buildTopology(lab: Lab): Promise<void> {
  const { client, firewall, far } = lab;
  await makeNamespaces([client, firewall, far]);
  await client.configure([
    'link set lo up',
    `link add eth0 ${ONE_SEGMENT} type veth peer name ${INSIDE} ${ONE_SEGMENT} netns ${firewall.name}`,
    `addr add ${clientAddress(0)}/16 dev eth0`,
    ...Array.from(
      { length: lab.file.state.clients - 1 },
      (_, index) => `addr add ${clientAddress(index + 1)}/16 dev eth0`,
    ),
    'link set eth0 up',
    `route add default via ${ADDRESSES.gateway}`,
  ]);
  await firewall.configure([
    'link set lo up',
    `link add ${OUTSIDE} ${ONE_SEGMENT} type veth peer name eth0 ${ONE_SEGMENT} netns ${far.name}`,
    `addr add ${ADDRESSES.gateway}/16 dev ${INSIDE}`,
    `link set ${INSIDE} up`,
    `addr add ${ADDRESSES.external}/24 dev ${OUTSIDE}`,
    `link set ${OUTSIDE} up`,
  ]);
  await far.configure(['link set lo up', `addr add ${ADDRESSES.far}/24 dev eth0`, 'link set eth0 up']);
  await firewall.setSysctls({ 'net.ipv4.ip_forward': 1 });
}
