import { formatAddress } from '../addresses.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import { NLM_F_DUMP, NLM_F_REQUEST, readAttributes } from './netlink-message.ts';
import { NETLINK_ROUTE, NetlinkSocket } from './netlink-socket.ts';

/** include/uapi/linux/rtnetlink.h */
const RTM_GETROUTE = 26;
const RTA_GATEWAY = 5;
const RTA_MULTIPATH = 9;
const RTA_VIA = 18;
const RTMSG_BYTES = 12;
const VIA_FAMILY_BYTES = 2;
/** struct rtnexthop: length (16 bits), flags, hops, interface; then its attributes. */
const RTNEXTHOP_BYTES = 8;

/**
 * Every gateway in this machine's routes, of all routing tables, without zones.
 * @throws EnvironmentError without koffi
 */
export function listGateways(family: 4 | 6): Set<string> {
  const body = new Uint8Array(RTMSG_BYTES);
  body[0] = family === 4 ? AF_INET : AF_INET6;
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const routes = socket.ask(RTM_GETROUTE, NLM_F_REQUEST | NLM_F_DUMP, body);
    return new Set(
      routes.flatMap((route) => {
        const attributes = readAttributes(route, RTMSG_BYTES);
        return [attributes, ...listHops(attributes.get(RTA_MULTIPATH))].flatMap(readGateway);
      }),
    );
  } finally {
    socket.close();
  }
}

function listHops(paths: Uint8Array = new Uint8Array()): Map<number, Uint8Array>[] {
  const hops: Map<number, Uint8Array>[] = [];
  for (let at = 0; at + RTNEXTHOP_BYTES <= paths.length; ) {
    const length = paths[at]! | (paths[at + 1]! << 8);
    if (length < RTNEXTHOP_BYTES) break;
    hops.push(readAttributes(paths.subarray(at, at + length), RTNEXTHOP_BYTES));
    at += Math.ceil(length / 4) * 4;
  }
  return hops;
}

function readGateway(attributes: Map<number, Uint8Array>): string[] {
  const gateway = attributes.get(RTA_GATEWAY) ?? attributes.get(RTA_VIA)?.subarray(VIA_FAMILY_BYTES);
  return gateway === undefined ? [] : [formatAddress(gateway)];
}
