import { createSocket } from 'node:dgram';
import { isIP } from 'node:net';
import type { InUse } from './in-use.ts';
import { isLinkLocal, type LinkReading } from './read-links.ts';

/** Which of the machine's addresses and interfaces the load goes through. */
export interface LinksInUse {
  /** Interfaces that packets of the load leave by; never loopback, which does not go down. */
  readonly interfaces: readonly string[];
  /** Bound source addresses. */
  readonly sources: readonly string[];
  /** By endpoint: the source address that the system would choose towards it. */
  readonly routes: ReadonlyMap<string, string>;
  /** Those of them that it does choose, because nothing is bound. */
  readonly chosen: ReadonlyMap<string, string>;
  /** By address of this machine: the interface that has it, or had it when it was last seen. */
  readonly homes: ReadonlyMap<string, string>;
}

export type FindRoute = (endpoint: string) => Promise<string | undefined>;

/**
 * @param last what was found before: an endpoint that has no route just now had this one
 * @param isResumed whether the load goes on after a kill. Only then may the interface of an address have been down before
 *   anybody looked: a load that begins has just been tried from all its addresses
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
    // What is sent to an address of this machine's own leaves by no interface.
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
 * The system would send from an address that no interface has which is up: its interface is down, and was so before
 * the first look. Its name is not known then. Addresses of 127.0.0.0/8 have no link; neither have those of a prefix
 * that a route makes local (ip-route(8), type local), but they cannot be distinguished from the others.
 */
function nameUnseen(address: string): string | undefined {
  return isLinkLocal(address) || address.startsWith('127.') ? undefined : `the interface of ${address}`;
}

/** Discard (RFC 863): connecting a UDP socket only asks for the route and sends nothing, but port 0 is refused. */
const ANY_PORT = 9;

/** The address from which connections to the endpoint come if none is bound; undefined if there is no route. */
export function findRouteSource(endpoint: string): Promise<string | undefined> {
  const socket = createSocket(isIP(endpoint) === 6 ? 'udp6' : 'udp4');
  return new Promise<string | undefined>((resolve) => {
    socket.once('error', () => resolve(undefined));
    // Without a route the callback is called too, with an error that the declaration does not know of.
    socket.connect(ANY_PORT, endpoint, (error?: Error) => {
      resolve(error === undefined ? socket.address().address : undefined);
    });
  })
    .catch(() => undefined)
    .finally(() => socket.close());
}
