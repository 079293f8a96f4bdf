import { formatAddress, parseAddress } from '../addresses.ts';
import { AF_INET, AF_INET6 } from '../constants.ts';
import {
  attribute,
  concat,
  NLM_F_REQUEST,
  nativeWord,
  readAttributes,
  readNumber,
} from './netlink-message.ts';
import { NETLINK_ROUTE, NetlinkError, NetlinkSocket } from './netlink-socket.ts';

/** Where the kernel would send a packet. */
export interface KernelRoute {
  /** `unicast`: to another host. The others are named as in ip-route(8). */
  readonly type: 'unicast' | 'local' | 'broadcast' | 'multicast' | 'anycast' | 'refused';
  readonly interfaceIndex: number;
  /** The next hop on the link: the gateway, or the destination itself. Without zone. */
  readonly nextHop: string;
  readonly hasGateway: boolean;
  /** Address that the kernel would send from; empty if it has none. */
  readonly source: string;
  /** MTU of the path from the route, or as learnt from the path; bytes. Undefined: that of the interface. */
  readonly mtu: number | undefined;
}

/** include/uapi/linux/rtnetlink.h */
const RTM_GETROUTE = 26;
const RTA_DST = 1;
const RTA_SRC = 2;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PREFSRC = 7;
const RTA_METRICS = 8;
const RTA_VIA = 18;
const RTAX_MTU = 2;
const TYPES: Readonly<Record<number, KernelRoute['type']>> = {
  1: 'unicast',
  2: 'local',
  3: 'broadcast',
  4: 'anycast',
  5: 'multicast',
};

/** struct rtmsg: family, lengths of both prefixes in bits, and at 7 the type. */
const RTMSG_BYTES = 12;
const TYPE_AT = 7;
/** struct rtvia: a family of 16 bits before the address. */
const VIA_FAMILY_BYTES = 2;

export interface RouteQuestion {
  /** Literal address; a zone is ignored. */
  readonly address: string;
  /** Interface to send from; default: the kernel chooses. */
  readonly interfaceIndex?: number;
  /** Address of this machine to send from; default: the kernel chooses. */
  readonly source?: string;
}

/**
 * Looks up the kernel's route, rules included, like `ip route get`. Sends nothing.
 * @returns undefined if there is no route
 * @throws EnvironmentError without koffi
 */
export function askRoute({ address, interfaceIndex, source }: RouteQuestion): KernelRoute | undefined {
  const to = parseAddress(address);
  const header = new Uint8Array(RTMSG_BYTES);
  header[0] = to.length === 4 ? AF_INET : AF_INET6;
  header[1] = to.length * 8;
  const from = source === undefined ? undefined : parseAddress(source);
  header[2] = (from?.length ?? 0) * 8;
  const body = concat([
    header,
    attribute(RTA_DST, to),
    ...(from === undefined ? [] : [attribute(RTA_SRC, from)]),
    ...(interfaceIndex === undefined ? [] : [attribute(RTA_OIF, nativeWord(interfaceIndex))]),
  ]);
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    const [answer] = socket.ask(RTM_GETROUTE, NLM_F_REQUEST, body);
    return answer === undefined ? undefined : readRoute(answer, to);
  } catch (error) {
    // ENETUNREACH, EHOSTUNREACH, EACCES; EINVAL for a source that is not an address of this machine.
    if (error instanceof NetlinkError && error.code !== 'EPERM') return undefined;
    throw error;
  } finally {
    socket.close();
  }
}

function readRoute(body: Uint8Array, to: Uint8Array): KernelRoute {
  const attributes = readAttributes(body, RTMSG_BYTES);
  const gateway = attributes.get(RTA_GATEWAY) ?? attributes.get(RTA_VIA)?.subarray(VIA_FAMILY_BYTES);
  const source = attributes.get(RTA_PREFSRC);
  const mtu = readNumber(readAttributes(attributes.get(RTA_METRICS) ?? new Uint8Array()).get(RTAX_MTU));
  return {
    type: TYPES[body[TYPE_AT]!] ?? 'refused',
    interfaceIndex: readNumber(attributes.get(RTA_OIF)),
    nextHop: formatAddress(gateway ?? to),
    hasGateway: gateway !== undefined,
    source: source === undefined ? '' : formatAddress(source),
    mtu: mtu === 0 ? undefined : mtu,
  };
}
