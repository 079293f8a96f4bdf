import { whyNoGuard } from '../net/link/guard.ts';
import { listInterfaces } from '../net/link/interfaces.ts';
import { hasCapability, SETCAP, SETCAP_RAW } from '../net/link/needs.ts';
import { NetlinkError } from '../net/link/netlink-socket.ts';
import { whyUnusable } from '../net/link/usable-interface.ts';
import { isLibcAvailable } from '../net/load.ts';
import { readText } from './read.ts';
import type { PacketEngineFacts } from './types.ts';

/** What the packet engine finds on this machine; sends and changes nothing. Undefined if it cannot be determined. */
export function readPacketFacts(): PacketEngineFacts | undefined {
  if (process.platform !== 'linux' || !isLibcAvailable()) return undefined;
  try {
    const guard = whyNoGuard();
    return {
      missing: (['CAP_NET_RAW', 'CAP_NET_ADMIN'] as const).filter((capability) => !hasCapability(capability)),
      ...(guard === undefined ? {} : { guard }),
      setcap: SETCAP,
      setcapRaw: SETCAP_RAW,
      interfaces: listInterfaces()
        .filter(({ hardware }) => hardware !== 'loopback')
        .map((link) => {
          const why = whyUnusable(link);
          return {
            name: link.name,
            isWireless: link.isWireless,
            forwards: readText(`/proc/sys/net/ipv4/conf/${link.name.replaceAll('/', '')}/forwarding`) === '1',
            ...(why === undefined ? {} : { why: why.what, mend: why.mend }),
          };
        }),
    };
  } catch (error) {
    if (error instanceof NetlinkError) return undefined;
    throw error;
  }
}
