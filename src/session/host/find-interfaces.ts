import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { InUse } from './in-use.ts';
import { isLinkLocal, type LinkReading } from './read-links.ts';

/** The addresses and interfaces of this machine that the load uses. */
export interface LinksInUse {
  /** Outgoing interfaces; never loopback, which does not go down. */
  readonly interfaces: readonly string[];
  /** Bound source addresses. */
  readonly sources: readonly string[];
  /** By endpoint: the source address that the system would choose for it. */
  readonly routes: ReadonlyMap<string, string>;
  /** Those that it does choose, because nothing is bound. */
  readonly chosen: ReadonlyMap<string, string>;
  /** By address of this machine: the interface that has it, or that last had it. */
  readonly homes: ReadonlyMap<string, string>;
}

export type FindRoute = (endpoint: string) => Promise<string | undefined>;

/**
 * @param last the previous result, used for an endpoint that currently has no route
 * @param isResumed whether the session is being resumed. Only then may an interface have been down before the first
 *   reading: the start check of a new load uses all of its addresses
 */
export async function findInterfaces(
  { endpoints, sources, unbound }: Pick<InUse, 'endpoints' | 'sources' | 'unbound'>,
  { addresses, loopbacks }: Pick<LinkReading, 'addresses' | 'loopbacks'>,
  last?: LinksInUse,
  findRoute: FindRoute = findRouteSource,
  isResumed = true,
): Promise<LinksInUse> {
  const owners = new Map([...addresses].flatMap(([name, list]) => list.map((one) => [one, name] as const)));
  const routes = new Map<string, string>();
  for (const endpoint of endpoints) {
    // Packets to an address of this machine leave through no interface.
    if (owners.has(endpoint)) continue;
    const source = (await findRoute(endpoint)) ?? last?.routes.get(endpoint);
    if (source !== undefined) routes.set(endpoint, source);
  }
  const homes = new Map<string, string>();
  for (const address of [...sources, ...routes.values()]) {
    const home =
      owners.get(address) ??
      (last === undefined && isResumed ? nameUnseen(address) : last?.homes.get(address));
    if (home !== undefined) homes.set(address, home);
  }
  const interfaces = [...new Set(homes.values())].filter((name) => !loopbacks.has(name));
  const chosen = new Map([...routes].filter(([endpoint]) => unbound.includes(endpoint)));
  return { interfaces, sources, routes, chosen, homes };
}

/**
 * The system would send from an address that no interface in the up state has: its interface was down before the first
 * reading, so its name is not known. Addresses in 127.0.0.0/8 have no link; neither do those of a prefix that a route
 * makes local (ip-route(8), type local), but these cannot be distinguished from the others.
 */
function nameUnseen(address: string): string | undefined {
  return isLinkLocal(address) || address.startsWith('127.') ? undefined : `the interface of ${address}`;
}

/** Discard (RFC 863): connecting a UDP socket only looks up the route and sends nothing, but port 0 is refused. */
const ANY_PORT = 9;

/** The source address of connections to the endpoint if none is bound; undefined if there is no route. */
export function findRouteSource(endpoint: string): Promise<string | undefined> {
  const socket = createSocket(isIP(endpoint) === 6 ? 'udp6' : 'udp4');
  return new Promise<string | undefined>((resolve) => {
    socket.once('error', () => resolve(undefined));
    // Without a route the callback receives an error, which its type declaration omits.
    socket.connect(ANY_PORT, endpoint, (error?: Error) => {
      resolve(error === undefined ? socket.address().address : undefined);
    });
  })
    .catch(() => undefined)
    .finally(() => socket.close());
}
