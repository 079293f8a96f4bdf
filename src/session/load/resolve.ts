import { lookup } from 'node:dns/promises';
import { networkInterfaces } from 'node:os';
import type { Endpoint } from '../../engine/types.ts';
import { EnvironmentError } from '../../errors.ts';
import { findScopeId } from '../../net/zone.ts';
import { type ConnectHost, connectHostOf, withoutZone, zoneOf } from '../../scenario/host-names.ts';
import { peersOf } from '../../scenario/peer.ts';
import type { Arm, HostPort, Scenario } from '../../scenario/types.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import { type LocalNetwork, readLocalNetwork } from './local-network.ts';
import { findRoute } from './route.ts';
import { checkMemory, fitPorts, fitSources } from './sources.ts';

type LookUp = (
  host: ConnectHost,
) => Promise<readonly { readonly address: string; readonly family: number }[]>;

const lookUpAll: LookUp = (host) => lookup(host, { all: true });

export interface ResolveOptions {
  readonly network?: LocalNetwork;
  /** Called with addresses that are left out. */
  readonly warn?: (message: string) => void;
  readonly lookUp?: LookUp;
}

/**
 * Resolves every arm's names and source addresses to addresses, once, before any load: a run never waits for a
 * resolver. Addresses to which this machine has no route are left out, as are those of the family that the arm does not
 * prefer.
 * @throws EnvironmentError if a name does not resolve, or this machine lacks an address or ports that an arm names
 * @throws UsageError if an arm's source addresses are of both families
 */
export function resolveArms(
  scenario: Scenario,
  { network = readLocalNetwork(), warn = () => {}, lookUp = lookUpAll }: ResolveOptions = {},
): Promise<PlannedArm[]> {
  return Promise.all(
    scenario.arms.map(async (arm) => {
      const ports = fitPorts(arm, network);
      const usable = await leaveOutUnusable(arm, await resolveEndpoints(arm, lookUp), warn);
      const reach = await fitSources(arm, prefer(arm, usable), network);
      checkMemory(arm, reach.sources.length, ports ?? []);
      return { arm, ...reach, ...(ports === undefined ? {} : { ports }) };
    }),
  );
}

/** All addresses of the arm's peers, each once; if there are several peers, each with its host. */
async function resolveEndpoints(arm: Arm, lookUp: LookUp): Promise<Endpoint[]> {
  const peers = peersOf(arm);
  const found = await Promise.all(peers.map((peer) => resolvePeer(arm, peer, lookUp)));
  const all = found.flatMap((endpoints, index) =>
    peers.length === 1 ? endpoints : endpoints.map((one) => ({ ...one, host: peers[index]?.host ?? '' })),
  );
  return [...new Map(all.map((endpoint) => [formatEndpoint(endpoint), endpoint])).values()];
}

async function resolvePeer(arm: Arm, { host, port }: HostPort, lookUp: LookUp): Promise<Endpoint[]> {
  checkZone(arm, host);
  const found = await lookUp(connectHostOf(host)).catch((cause: Error) => {
    throw new EnvironmentError(`arm ${arm.name}: ${host} does not resolve (${cause.message})`, {
      hint: `check the name, or the resolver: getent hosts ${host}`,
      cause,
    });
  });
  return found.map(({ address, family }) => ({ address, port, family: family === 6 ? 6 : 4 }));
}

/** @throws EnvironmentError if an address names an interface that this machine does not have */
function checkZone(arm: Arm, host: string): void {
  const zone = zoneOf(host);
  if (zone === undefined || findScopeId(zone) !== undefined) return;
  throw new EnvironmentError(
    `arm ${arm.name}: ${host} names the interface ${zone}, which this machine does not have`,
    {
      hint: `name one of ${Object.keys(networkInterfaces()).join(', ')}, as in [${withoutZone(host)}%eth0]`,
    },
  );
}

/**
 * A name also has AAAA records on machines without IPv6. If there is no route to any address, all of them stay: the run
 * shows it.
 */
async function leaveOutUnusable(
  arm: Arm,
  endpoints: readonly Endpoint[],
  warn: (message: string) => void,
): Promise<readonly Endpoint[]> {
  if (endpoints.length < 2) return endpoints;
  const routes = await Promise.all(endpoints.map(findRoute));
  const usable = endpoints.filter((_, index) => 'source' in routes[index]!);
  if (usable.length === 0) return endpoints;
  for (const [index, route] of routes.entries()) {
    if ('source' in route) continue;
    warn(
      `arm ${arm.name}: ${formatEndpoint(endpoints[index]!)} is skipped: this machine has no route to it (${route.code})`,
    );
  }
  return usable;
}

/**
 * The family that the arm prefers first; the other one only if the choice is made later, or if there is nothing else.
 */
function prefer(arm: Arm, endpoints: readonly Endpoint[]): readonly Endpoint[] {
  const preferred = endpoints.filter(({ family }) => family === arm.prefer);
  if (preferred.length === 0) return endpoints;
  if (arm.addresses !== 'first') return preferred;
  return [...preferred, ...endpoints.filter(({ family }) => family !== arm.prefer)];
}

/** "address:port", an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export function formatEndpoint({ address, port, family }: Endpoint): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
