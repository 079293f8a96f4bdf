import { readText } from '../../../doctor/read.ts';
import { UsageError } from '../../../errors.ts';
import { findLinkRoute, type LinkRoute } from '../../../net/link/find-link-path.ts';
import { listGateways } from '../../../net/link/gateways.ts';
import { clientOf } from '../../../scenario/client.ts';
import { withoutZone } from '../../../scenario/host-names.ts';
import type { PortRange } from '../../../scenario/units.ts';
import type { PlannedArm } from '../../../worker/protocol.ts';
import type { LocalNetwork } from '../local-network.ts';
import { checkEmulated } from './check-emulated.ts';
import { findSparePorts, readLocalPortRange, sharePorts } from './packet-ports.ts';

/** An arm whose packets have their ports and their route, as far as the kernel knows it. */
export interface RoutedArm {
  readonly planned: PlannedArm;
  /** By endpoint. */
  readonly routes: readonly LinkRoute[];
  readonly emulates: boolean;
  /** The kernel would answer or forward packets that are meant for the engine. */
  readonly needsGuard: boolean;
}

/**
 * Decides where the packets of each arm come from and which way they go. Sends nothing.
 * @throws UsageError for endpoints and addresses that the packet engine cannot or must not use
 * @throws EnvironmentError if this machine has no route, interface or ports for them
 */
export function routeArms(arms: readonly PlannedArm[], network: LocalNetwork): RoutedArm[] {
  const without = arms.filter(({ ports }) => ports === undefined);
  const taken = arms.flatMap(({ arm, ports = [] }) => (arm.source?.emulate === true ? [] : ports));
  return arms.map((planned) => {
    const share = { index: without.indexOf(planned), count: without.length };
    return routeArm(planned, network, share, taken);
  });
}

function routeArm(
  planned: PlannedArm,
  network: LocalNetwork,
  share: { readonly index: number; readonly count: number },
  taken: readonly PortRange[],
): RoutedArm {
  const { arm } = planned;
  const emulates = arm.source?.emulate === true;
  // Packets of both families would need two addresses for each client.
  const family = planned.endpoints[0]?.family;
  const endpoints = planned.endpoints.filter((endpoint) => endpoint.family === family);
  const interfaceName = arm.source?.interface;
  const routes = endpoints.map((endpoint) =>
    findLinkRoute(endpoint, {
      ...(interfaceName === undefined ? {} : { interfaceName }),
      ...(emulates || planned.sources[0] === undefined ? {} : { source: withoutZone(planned.sources[0]) }),
    }),
  );
  const [first] = routes;
  const other = routes.find(({ link }) => link.name !== first?.link.name);
  if (first === undefined) throw new UsageError(`arm ${arm.name} connects to nothing`);
  if (emulates && other !== undefined) {
    throw new UsageError(
      `arm ${arm.name}: its endpoints are reached through ${first.link.name} and ${other.link.name}, but emulated hosts must be on one link`,
      { hint: 'use --interface (source.interface), or an arm for each endpoint' },
    );
  }
  const sources = emulates
    ? emulated(planned, first, network)
    : planned.sources.length > 0
      ? planned.sources.map(withoutZone)
      : [ownSource(arm.name, first)];
  const ports = planned.ports ?? choosePorts(planned, emulates, network, taken, share, sources.length);
  return {
    planned: { ...planned, endpoints, sources, ports },
    routes,
    emulates,
    needsGuard: !emulates || routes.some(({ link }) => forwards(link.name, family ?? 4)),
  };
}

function ownSource(arm: string, { source, link }: LinkRoute): string {
  if (source !== '') return source;
  throw new UsageError(`arm ${arm}: ${link.name} has no address to connect from`, {
    hint: `add one (ip address add 192.0.2.10/24 dev ${link.name}, as root), or use --emulate`,
  });
}

function emulated(
  { arm, sources, endpoints }: PlannedArm,
  route: LinkRoute,
  network: LocalNetwork,
): string[] {
  const left = checkEmulated(arm.name, sources, {
    interfaceName: route.link.name,
    interfaces: network.interfaces,
    gateways: listGateways(endpoints[0]?.family ?? 4),
    endpoints: endpoints.map(({ address }) => withoutZone(address)),
  });
  if (left.length > 0) return left;
  throw new UsageError(
    `arm ${arm.name}: source.addresses leaves only network and broadcast addresses to emulate`,
    {
      hint: 'use a larger network',
    },
  );
}

function choosePorts(
  { arm }: PlannedArm,
  emulates: boolean,
  { blockedPorts }: LocalNetwork,
  taken: readonly PortRange[],
  share: { readonly index: number; readonly count: number },
  addresses: number,
): PortRange[] {
  const { from, to } = clientOf(arm).ports;
  // An emulated host uses all the ports that its operating system would.
  const free = emulates ? [{ from, to }] : findSparePorts(readLocalPortRange(), [...blockedPorts, ...taken]);
  return sharePorts(free, { ...share, addresses });
}

/** Whether the kernel forwards packets that arrive on an interface for other hosts (ip-sysctl.rst). */
function forwards(interfaceName: string, family: 4 | 6): boolean {
  const name = family === 4 ? interfaceName.replaceAll('/', '') : 'all';
  return readText(`/proc/sys/net/ipv${family}/conf/${name}/forwarding`) === '1';
}
