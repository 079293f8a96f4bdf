import { networkInterfaces } from 'node:os';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { askNextHop } from './ask-next-hop.ts';
import { listGateways } from './gateways.ts';
import { findInterface, findInterfaceByIndex, type LinkInterface } from './interfaces.ts';
import { checkCapability } from './needs.ts';
import { findNeighbour } from './neighbours.ts';
import { NetlinkError } from './netlink-socket.ts';
import { askRoute, type KernelRoute } from './routes.ts';
import type { LinkPath } from './types.ts';
import { checkInterface } from './usable-interface.ts';

/** The destination of packets. */
export interface LinkTarget {
  /** Literal address; a link-local one with its zone. */
  readonly address: string;
  readonly family: 4 | 6;
}

export interface LinkQuestion {
  /** Interface to send from; default: the one that the kernel would choose. */
  readonly interfaceName?: string;
  /**
   * Address to send from: one of this machine, or one that no host has. Default: the one that the kernel would choose.
   */
  readonly source?: string;
}

/** Where packets to a target go, as far as the kernel knows without asking the link. */
export interface LinkRoute {
  readonly link: LinkInterface;
  /** The gateway, or the target itself if it is on the link. */
  readonly nextHop: string;
  readonly hasGateway: boolean;
  /** The address that the kernel would send from; empty if it has none there. */
  readonly source: string;
  /** Of the path, bytes. */
  readonly mtu: number;
}

/**
 * The route to a target, according to the kernel. Sends nothing.
 * @throws UsageError for targets to which the packet engine cannot or must not send: this machine, multicast,
 * broadcast, a gateway
 * @throws EnvironmentError if there is no route, if its interface is down or has no Ethernet addresses, or if koffi is
 * absent
 */
export function findLinkRoute({ address, family }: LinkTarget, question: LinkQuestion = {}): LinkRoute {
  const [literal = '', zone] = address.split('%');
  checkTarget(literal);
  const wanted = findWanted(address, question.interfaceName ?? zone);
  if (wanted !== undefined) checkInterface(wanted);
  const { source } = question;
  const route = askRoute({
    address: literal,
    ...(wanted === undefined ? {} : { interfaceIndex: wanted.index }),
    ...(source === undefined || !isOwn(source) ? {} : { source }),
  });
  const way = wanted === undefined ? '' : ` through ${wanted.name}`;
  if (route === undefined || route.type === 'refused') {
    throw new EnvironmentError(`this machine has no route to ${address}${way}`, {
      hint: `check ip route get ${literal}${wanted === undefined ? '' : ` oif ${wanted.name}`}, and add a route`,
    });
  }
  checkType(address, route);
  if (!route.hasGateway && listGateways(family).has(literal)) {
    throw new UsageError(
      `${address} is a gateway of this machine, and the packet engine sends no load to gateways`,
      {
        hint: 'choose a target behind it, or use --engine raw',
      },
    );
  }
  const link = wanted ?? findInterfaceByIndex(route.interfaceIndex);
  if (link === undefined) throw new EnvironmentError(`the interface towards ${address} has disappeared`);
  checkInterface(link);
  return {
    link,
    nextHop: route.nextHop,
    hasGateway: route.hasGateway,
    source: route.source,
    mtu: Math.min(route.mtu ?? link.mtu, link.mtu),
  };
}

/**
 * The route to a target, including the next hop's Ethernet address: from the kernel's neighbour table if that entry is
 * confirmed, otherwise by asking on the link, for at most two seconds.
 * @throws UsageError, EnvironmentError as {@link findLinkRoute}; the latter also if no host answers, or without
 * CAP_NET_RAW
 */
export async function findLinkPath(
  target: LinkTarget,
  question: LinkQuestion = {},
): Promise<Required<LinkPath>> {
  const route = findLinkRoute(target, question);
  const { link, mtu } = route;
  const source = question.source ?? route.source;
  const nextHopMac = findNeighbour(route.nextHop, link.index) ?? (await ask(target, route, source));
  const { nextHop } = route;
  const by = { interfaceName: link.name, interfaceIndex: link.index, mac: link.mac };
  return { ...by, nextHop, nextHopMac, source, mtu };
}

async function ask({ address }: LinkTarget, route: LinkRoute, asker: string): Promise<string> {
  const { link, nextHop, hasGateway } = route;
  if (asker === '') {
    throw new EnvironmentError(`${link.name} has no address from which to look for ${nextHop}`, {
      hint: `add one: ip address add 192.0.2.10/24 dev ${link.name}, as root`,
    });
  }
  checkCapability('CAP_NET_RAW');
  const mac = await askNextHop(link, nextHop, asker).catch((cause: unknown) => {
    if (!(cause instanceof NetlinkError)) throw cause;
    throw new EnvironmentError(`cannot send on ${link.name} (${cause.code})`, { cause });
  });
  if (mac !== undefined) return mac;
  const who = hasGateway ? `the gateway ${nextHop} towards ${address}` : address;
  throw new EnvironmentError(
    `${who} does not answer ${nextHop.includes(':') ? 'neighbour discovery' : 'ARP'} on ${link.name}`,
    { hint: `check that it is on this link: ip neigh show dev ${link.name}, ip route get ${address}` },
  );
}

function findWanted(address: string, name: string | undefined): LinkInterface | undefined {
  if (name === undefined) return undefined;
  const link = findInterface(name) ?? findInterfaceByIndex(/^\d+$/.test(name) ? Number(name) : 0);
  if (link !== undefined) return link;
  const usable = Object.entries(networkInterfaces())
    .filter(([, addresses]) => addresses?.some(({ internal }) => !internal))
    .map(([usableName]) => usableName);
  throw new EnvironmentError(`this machine has no interface ${name}, through which to reach ${address}`, {
    hint: `use one of ${usable.join(', ')}`,
  });
}

/** Targets that can be refused without consulting routes (RFC 1122 section 3.2.1.3, RFC 4291 section 2.7). */
function checkTarget(literal: string): void {
  const what = /^127\.|^::1$/.test(literal)
    ? 'a loopback address'
    : /^(22[4-9]|23\d)\.|^ff/i.test(literal)
      ? 'a multicast address'
      : literal === '255.255.255.255'
        ? 'the broadcast address'
        : /^0\.|^::$/.test(literal)
          ? 'a reserved address'
          : undefined;
  if (what === undefined) return;
  const hint =
    what === 'a loopback address'
      ? 'use --engine raw, or put the far end into a network namespace or on another machine: the kernel accepts packets to loopback only from its own sockets'
      : 'choose the address of one host';
  throw new UsageError(`${literal} is ${what}, which the packet engine cannot load`, { hint });
}

function checkType(address: string, { type }: KernelRoute): void {
  switch (type) {
    case 'unicast':
      return;
    case 'local':
      throw new UsageError(`${address} is this machine itself, which the packet engine cannot load`, {
        hint: 'use --engine raw, or put the far end into a network namespace or on another machine',
      });
    default:
      throw new UsageError(`${address} is a ${type} address, which the packet engine does not load`, {
        hint: 'choose the address of one host',
      });
  }
}

function isOwn(address: string): boolean {
  return Object.values(networkInterfaces()).some((infos) => infos?.some((info) => info.address === address));
}
