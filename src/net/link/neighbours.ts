import { formatMac, parseAddress } from '../addresses.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import { attribute, concat, NLM_F_REQUEST, readAttributes } from './netlink-message.ts';
import { NETLINK_ROUTE, NetlinkError, NetlinkSocket } from './netlink-socket.ts';

/** include/uapi/linux/rtnetlink.h, neighbour.h */
const RTM_GETNEIGH = 30;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NUD_REACHABLE = 0x02;
const NUD_NOARP = 0x40;
const NUD_PERMANENT = 0x80;

/** struct ndmsg: family, interface at 4, state at 8. */
const NDMSG_BYTES = 12;

/**
 * The Ethernet address in the kernel's neighbour table for an address, if the entry is reliable: confirmed within the
 * last half minute, or set permanently. One that may be outdated is not returned: the caller has to ask again.
 * @throws EnvironmentError without koffi
 */
export function findNeighbour(address: string, interfaceIndex: number): string | undefined {
  const bytes = parseAddress(address);
  const header = new Uint8Array(NDMSG_BYTES);
  header[0] = bytes.length === 4 ? AF_INET : AF_INET6;
  new DataView(header.buffer).setInt32(4, interfaceIndex, true);
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const [answer] = socket.ask(RTM_GETNEIGH, NLM_F_REQUEST, concat([header, attribute(NDA_DST, bytes)]));
    return answer === undefined ? undefined : readNeighbour(answer);
  } catch (error) {
    // ENOENT: it is not in the table. EOPNOTSUPP: a kernel before 5.0, which can only return the whole table.
    if (error instanceof NetlinkError) return undefined;
    throw error;
  } finally {
    socket.close();
  }
}

function readNeighbour(body: Uint8Array): string | undefined {
  const state = body[8]! | (body[9]! << 8);
  const mac = readAttributes(body, NDMSG_BYTES).get(NDA_LLADDR);
  const isCertain = (state & (NUD_REACHABLE | NUD_NOARP | NUD_PERMANENT)) !== 0;
  return isCertain && mac?.length === 6 ? formatMac(mac) : undefined;
}
