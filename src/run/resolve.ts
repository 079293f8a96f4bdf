import { lookup } from 'node:dns/promises';
import { isIP } from 'node:net';
import type { Endpoint } from '../engine/types.ts';
import { EnvironmentError, UsageError } from '../errors.ts';
import { peerOf } from '../scenario/peer.ts';
import type { Arm, Scenario } from '../scenario/types.ts';
import type { PlannedArm } from '../worker/protocol.ts';

/** Turns every arm's names into addresses, once, before any load: a run never waits for a resolver. */
export function resolveArms(scenario: Scenario): Promise<PlannedArm[]> {
  return Promise.all(scenario.arms.map(async (arm) => ({ arm, endpoints: await resolveEndpoints(arm) })));
}

/**
 * All addresses of the arm's peer, each once, restricted to the families that its source addresses can reach.
 * @throws EnvironmentError where the name does not resolve, or not to such an address
 * @throws UsageError where the arm's source addresses are of both families
 */
async function resolveEndpoints(arm: Arm): Promise<Endpoint[]> {
  const { host, port } = peerOf(arm);
  const families = new Set(arm.socket.bind.map(isIP));
  if (families.size > 1) {
    throw new UsageError(`arm ${arm.name}: socket.bind has both IPv4 and IPv6 addresses`, {
      hint: 'bind to one family, or use an arm for each',
    });
  }
  const found = await lookup(host, { all: true }).catch((cause: Error) => {
    throw new EnvironmentError(`arm ${arm.name}: ${host} does not resolve (${cause.message})`, {
      hint: `check the name, or the resolver: getent hosts ${host}`,
      cause,
    });
  });
  const addresses = new Map<string, Endpoint>();
  for (const { address, family } of found) {
    if (families.size > 0 && !families.has(family)) continue;
    addresses.set(address, { address, port, family: family === 6 ? 6 : 4 });
  }
  if (addresses.size === 0) {
    throw new EnvironmentError(
      `arm ${arm.name}: ${host} has no address of the same family as the bound source`,
      {
        hint: 'bind an address of the other family (socket.bind), or name a peer that has one',
      },
    );
  }
  return [...addresses.values()];
}

/** "address:port", an IPv6 address in brackets (RFC 3986 section 3.2.2). */
export function formatEndpoint({ address, port, family }: Endpoint): string {
  return family === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
