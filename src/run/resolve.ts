import { lookup } from 'node:dns/promises';
import type { Endpoint } from '../engine/types.ts';
import { EnvironmentError } from '../errors.ts';
import { peersOf } from '../scenario/peer.ts';
import type { Arm, HostPort, Scenario } from '../scenario/types.ts';
import type { PlannedArm } from '../worker/protocol.ts';
import { type LocalNetwork, readLocalNetwork } from './local-network.ts';
import { checkMemory, fitPorts, fitSources } from './sources.ts';

/**
 * Turns every arm's names and source addresses into addresses, once, before any load: a run never waits for a resolver.
 * @throws EnvironmentError where a name does not resolve, or this machine lacks an address or ports that an arm names
 * @throws UsageError where an arm's source addresses are of both families
 */
export function resolveArms(
  scenario: Scenario,
  network: LocalNetwork = readLocalNetwork(),
): Promise<PlannedArm[]> {
  return Promise.all(
    scenario.arms.map(async (arm) => {
      const ports = fitPorts(arm, network);
      const reach = await fitSources(arm, await resolveEndpoints(arm), network);
      checkMemory(arm, reach.sources.length, ports ?? []);
      return { arm, ...reach, ...(ports === undefined ? {} : { ports }) };
    }),
  );
}

/** All addresses of the arm's peers, each once; where it has several, with the host that each is of. */
async function resolveEndpoints(arm: Arm): Promise<Endpoint[]> {
  const peers = peersOf(arm);
  const found = await Promise.all(peers.map((peer) => resolvePeer(arm, peer)));
  const all = found.flatMap((endpoints, index) =>
    peers.length === 1 ? endpoints : endpoints.map((one) => ({ ...one, host: peers[index]?.host ?? '' })),
  );
  return [...new Map(all.map((endpoint) => [formatEndpoint(endpoint), endpoint])).values()];
}

async function resolvePeer(arm: Arm, { host, port }: HostPort): Promise<Endpoint[]> {
  const found = await lookup(host, { all: true }).catch((cause: Error) => {
    throw new EnvironmentError(`arm ${arm.name}: ${host} does not resolve (${cause.message})`, {
      hint: `check the name, or the resolver: getent hosts ${host}`,
      cause,
    });
  });
  return found.map(({ address, family }) => ({ address, port, family: family === 6 ? 6 : 4 }));
}

/** "address:port", an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export function formatEndpoint({ address, port, family }: Endpoint): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
