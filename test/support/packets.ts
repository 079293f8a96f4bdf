import { resolveClient } from '../../src/client/resolve.ts';
import type { ClientProfile } from '../../src/client/types.ts';
import type { CreateEngine, EngineArm, EnginePackets } from '../../src/engine/types.ts';

/** A client whose packets can be told from the kernel's own by their time to live. */
export const PLAIN_CLIENT: ClientProfile = { ...resolveClient('linux-6'), ttl: 63 };

/** What the packet engine needs of an arm whose endpoints are on the loopback interface. */
export function packetsOnLoopback(
  { endpoints }: Pick<EngineArm, 'endpoints'>,
  client: ClientProfile = PLAIN_CLIENT,
): EnginePackets {
  return {
    client,
    links: endpoints.map(({ family }) => ({
      interfaceName: 'lo',
      interfaceIndex: 1,
      mac: '00:00:00:00:00:00',
      nextHopMac: '00:00:00:00:00:00',
      source: family === 6 ? '::1' : '127.0.0.1',
      mtu: 65_536,
    })),
    ports: [{ from: 1_024, to: 65_535 }],
  };
}

/**
 * What the kernel must not answer, because a packet engine does: all TCP that it sends itself, here with its own time to
 * live. For a network of the test's own; packet sockets see it before it is dropped.
 */
export const LOOPBACK_GUARD = `
  table netdev guard {
    chain ingress {
      type filter hook ingress device "lo" priority 0; policy accept;
      ip ttl 64 ip protocol tcp drop
      ip6 hoplimit 64 ip6 nexthdr tcp drop
    }
  }
`;

/** One that takes as much in a segment as the kernel does here: far ends then send as much at once as they do to it. */
export const LOOPBACK_CLIENT: ClientProfile = { ...PLAIN_CLIENT, mss: 65_495 };

/** The packet engine for arms that do not know of packets, where {@link LOOPBACK_GUARD} is loaded. */
export function onLoopback(create: CreateEngine, client: ClientProfile = PLAIN_CLIENT): CreateEngine {
  return (options) =>
    create({
      ...options,
      arms: options.arms.map((arm) => ({ ...arm, packets: packetsOnLoopback(arm, client) })),
    });
}
