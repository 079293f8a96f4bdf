import { isIP } from 'node:net';
import type { Endpoint } from '../../engine/types.ts';
import { EnvironmentError, UsageError } from '../../errors.ts';
import { subtractPorts } from '../../plan/ports/reserved.ts';
import { peerOf } from '../../scenario/peer.ts';
import type { Arm } from '../../scenario/types.ts';
import { formatPortRange, type PortRange } from '../../scenario/units.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import type { LocalNetwork } from './local-network.ts';
import { expandEmulated } from './packets/emulated-addresses.ts';
import { findRoute } from './route.ts';
import { expandAddresses } from './source-addresses.ts';

/** Both ends of an arm's connections, as known on this machine, of one family. */
export type Reach = Pick<PlannedArm, 'endpoints' | 'sources'>;

/**
 * Matches an arm's source addresses with its peer's: both of one family, and a sweep towards one endpoint.
 * @throws UsageError if source addresses of both families are listed individually
 * @throws EnvironmentError if this machine lacks what the arm names, or cannot reach the peer
 */
export async function fitSources(
  arm: Arm,
  found: readonly Endpoint[],
  network: LocalNetwork,
): Promise<Reach> {
  const written = arm.source?.addresses ?? [];
  const toLoopback = found.every(({ address }) => /^127\.|^::1$/.test(address));
  const expanded =
    arm.source?.emulate === true
      ? expandEmulated(arm.name, written)
      : [...arm.socket.bind, ...expandAddresses(arm.name, written, network.interfaces, toLoopback)];
  const family = chooseFamily(arm, expanded, found);
  const endpoints = family === undefined ? found : found.filter((endpoint) => endpoint.family === family);
  const [first] = endpoints;
  if (first === undefined) throw familyRefusal(arm, family);
  const fitting = expanded.filter((address) => family === undefined || isIP(address) === family);
  if (arm.load.kind === 'sweep') {
    // The two attempts of a pair share a 4-tuple except for the source address: both must use the same endpoint.
    return { endpoints: [first], sources: takeTwo(arm.name, fitting) };
  }
  // Without an address, a port would be bound on all of them, and it would not be known which one was used.
  const needsOne = fitting.length === 0 && arm.source?.ports !== undefined;
  if (!needsOne) return { endpoints, sources: fitting };
  return {
    endpoints: endpoints.filter((endpoint) => endpoint.family === first.family),
    sources: [await findRouteSource(first)],
  };
}

function familyRefusal(arm: Arm, family: 4 | 6 | undefined): EnvironmentError {
  const { host } = peerOf(arm);
  if (arm.source?.emulate !== true) {
    return new EnvironmentError(
      `arm ${arm.name}: ${host} has no address of the same family as the bound source`,
      {
        hint: 'bind an address of the other family (source.addresses, socket.bind), or choose a peer that has one',
      },
    );
  }
  const [own, other, network] = family === 6 ? [6, 4, '10.1.0.0/22'] : [4, 6, 'fd00::/118'];
  return new EnvironmentError(
    `arm ${arm.name}: the emulated addresses are IPv${own}, and ${host} has no IPv${own} address`,
    {
      hint: `emulate an IPv${other} network (such as ${network}), or choose a peer that has an IPv${own} address`,
    },
  );
}

/** The family that the source addresses allow; undefined if they allow both. */
function chooseFamily(
  arm: Arm,
  addresses: readonly string[],
  endpoints: readonly Endpoint[],
): 4 | 6 | undefined {
  const families = new Set(addresses.map(isIP));
  if (families.size === 0) return undefined;
  if (families.size === 1) return families.has(6) ? 6 : 4;
  const named = new Set([...arm.socket.bind, ...namedAddresses(arm)].map(isIP));
  if (named.size > 1) {
    throw new UsageError(`arm ${arm.name}: its source addresses mix IPv4 and IPv6`, {
      hint: 'use addresses of one family, or a separate arm for each family',
    });
  }
  if (named.size === 1) return named.has(6) ? 6 : 4;
  return endpoints.some(({ family }) => family === 4) ? 4 : 6;
}

function namedAddresses({ source }: Arm): string[] {
  return (source?.addresses ?? []).flatMap((entry) => {
    if (entry.kind === 'address') return [entry.address];
    return entry.kind === 'network' ? [entry.network] : [];
  });
}

function takeTwo(arm: string, addresses: readonly string[]): string[] {
  if (addresses.length >= 2) return addresses.slice(0, 2);
  throw new EnvironmentError(
    `arm ${arm}: a sweep needs two source addresses; available: ${addresses.join() || 'none'}`,
    {
      hint: 'add one to this machine (ip address add 192.0.2.11/24 dev <interface>, as root)',
    },
  );
}

async function findRouteSource(endpoint: Endpoint): Promise<string> {
  const route = await findRoute(endpoint);
  if ('source' in route) return route.source;
  throw new EnvironmentError(`this machine has no route to ${endpoint.address} (${route.cause.message})`, {
    hint: 'set the address to connect from in source.addresses',
    cause: route.cause,
  });
}

/**
 * The source ports that an arm may use: its range without those that this machine reserves or has given away.
 * @throws EnvironmentError if too few are left
 */
export function fitPorts(arm: Arm, { blockedPorts }: LocalNetwork): readonly PortRange[] | undefined {
  const { ports } = arm.source ?? {};
  if (ports === undefined) return undefined;
  // Listeners on this machine use other addresses than the emulated ones.
  const usable = subtractPorts(ports.range, arm.source?.emulate === true ? [] : blockedPorts);
  const count = countPorts(usable);
  const needed = arm.load.kind === 'sweep' ? arm.load.delaysUs.length * arm.load.pairs : 1;
  if (count >= needed) return usable;
  throw new EnvironmentError(
    `arm ${arm.name}: only ${count} of the source ports ${formatPortRange(ports.range)} are free on this machine, but ${needed} are needed`,
    {
      hint: 'choose another range (ss -Htln shows listeners, net.ipv4.ip_local_reserved_ports reserved ports)',
    },
  );
}

export function countPorts(ranges: readonly PortRange[]): number {
  return ranges.reduce((sum, { from, to }) => sum + to - from + 1, 0);
}

/** Each takes some 30 bytes: these are 120 MB. */
const MAX_TUPLES = 4_000_000;

/** @throws UsageError if an arm has more combinations of address and port than can be tracked */
export function checkMemory(arm: Arm, addresses: number, ports: readonly PortRange[]): void {
  const tuples = addresses * countPorts(ports);
  if (tuples <= MAX_TUPLES) return;
  throw new UsageError(
    `arm ${arm.name}: ${addresses} source addresses with ${countPorts(ports)} ports each exceed ${MAX_TUPLES} in total`,
    { hint: 'narrow source.ports, or use fewer addresses' },
  );
}
