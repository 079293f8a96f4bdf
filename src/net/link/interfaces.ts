import { existsSync } from 'node:fs';
import { formatMac } from '../addresses.ts';
import {
  NLM_F_DUMP,
  NLM_F_REQUEST,
  readAttributes,
  readNumber,
  readString,
  textAttribute,
} from './netlink-message.ts';
import { NETLINK_ROUTE, NetlinkError, NetlinkSocket } from './netlink-socket.ts';

/** A network interface as the kernel describes it (rtnetlink(7)). */
export interface LinkInterface {
  readonly name: string;
  readonly index: number;
  /** Hardware type: ARPHRD_ETHER and so on, include/uapi/linux/if_arp.h. */
  readonly hardware: 'ethernet' | 'loopback' | 'other';
  /** Kind of a virtual interface, such as `veth`, `wireguard`, `tun`, `vlan`; empty for a physical device. */
  readonly kind: string;
  /** Ethernet address; empty unless `hardware` is `ethernet`. */
  readonly mac: string;
  /** Bytes. */
  readonly mtu: number;
  /** It is set up (IFF_UP). */
  readonly isUp: boolean;
  /** It has a carrier. */
  readonly hasCarrier: boolean;
  /** Packets to hosts on its link need no Ethernet address lookup (IFF_NOARP). */
  readonly isWithoutArp: boolean;
  readonly isWireless: boolean;
}

/** include/uapi/linux/rtnetlink.h, if_link.h, if.h, if_arp.h */
const RTM_GETLINK = 18;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_LINKINFO = 18;
const IFLA_INFO_KIND = 1;
const IFF_UP = 0x1;
const IFF_RUNNING = 0x40;
const IFF_NOARP = 0x80;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;

/** struct ifinfomsg: family, hardware type at 2, index at 4, flags at 8. */
const IFINFO_BYTES = 16;

/** All interfaces of this thread's network namespace. @throws EnvironmentError without koffi */
export function listInterfaces(): LinkInterface[] {
  return ask(NLM_F_REQUEST | NLM_F_DUMP, new Uint8Array(IFINFO_BYTES));
}

/** @returns undefined if there is none of that name @throws EnvironmentError without koffi */
export function findInterface(name: string): LinkInterface | undefined {
  const attribute = textAttribute(IFLA_IFNAME, name);
  const body = new Uint8Array(IFINFO_BYTES + attribute.length);
  body.set(attribute, IFINFO_BYTES);
  return askOne(body);
}

/** @returns undefined if there is none of that index @throws EnvironmentError without koffi */
export function findInterfaceByIndex(index: number): LinkInterface | undefined {
  const body = new Uint8Array(IFINFO_BYTES);
  new DataView(body.buffer).setInt32(4, index, true);
  return askOne(body);
}

function askOne(body: Uint8Array): LinkInterface | undefined {
  try {
    return ask(NLM_F_REQUEST, body)[0];
  } catch (error) {
    // ENODEV: there is none. ERANGE, EINVAL: no interface can have such a name.
    if (error instanceof NetlinkError) return undefined;
    throw error;
  }
}

function ask(flags: number, body: Uint8Array): LinkInterface[] {
  const socket = new NetlinkSocket(NETLINK_ROUTE);
  try {
    return socket.ask(RTM_GETLINK, flags, body).map(readInterface);
  } finally {
    socket.close();
  }
}

function readInterface(body: Uint8Array): LinkInterface {
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const type = view.getUint16(2, true);
  const flags = view.getUint32(8, true);
  const attributes = readAttributes(body, IFINFO_BYTES);
  const name = readString(attributes.get(IFLA_IFNAME));
  const hardware = type === ARPHRD_ETHER ? 'ethernet' : type === ARPHRD_LOOPBACK ? 'loopback' : 'other';
  const mac = attributes.get(IFLA_ADDRESS);
  return {
    name,
    index: view.getInt32(4, true),
    hardware,
    kind: readString(readAttributes(attributes.get(IFLA_LINKINFO) ?? new Uint8Array()).get(IFLA_INFO_KIND)),
    mac: hardware === 'ethernet' && mac?.length === 6 ? formatMac(mac) : '',
    mtu: readNumber(attributes.get(IFLA_MTU)),
    isUp: (flags & IFF_UP) !== 0,
    hasCarrier: (flags & IFF_RUNNING) !== 0,
    isWithoutArp: (flags & IFF_NOARP) !== 0,
    isWireless: isWireless(name),
  };
}

/** cfg80211 links a wireless interface to its radio. */
function isWireless(name: string): boolean {
  return name !== '' && existsSync(`/sys/class/net/${name.replaceAll('/', '')}/phy80211`);
}
