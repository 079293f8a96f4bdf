import { EnvironmentError } from '../../../errors.ts';
import { type AddressConflict, findConflicts } from '../../../net/link/find-conflicts.ts';
import { findLinkPath } from '../../../net/link/find-link-path.ts';
import { type GuardedTraffic, setGuard, whyNoGuard } from '../../../net/link/guard.ts';
import type { LinkInterface } from '../../../net/link/interfaces.ts';
import { checkCapability, checkPlatform } from '../../../net/link/needs.ts';
import { NetlinkError } from '../../../net/link/netlink-socket.ts';
import { startResponder } from '../../../net/link/responder.ts';
import type { LinkPath } from '../../../net/link/types.ts';
import { clientOf } from '../../../scenario/client.ts';
import { withoutZone } from '../../../scenario/host-names.ts';
import type { PlannedArm } from '../../../worker/protocol.ts';
import type { Undo } from '../../undo.ts';
import type { LocalNetwork } from '../local-network.ts';
import { claimTuples } from './claims.ts';
import { LinkWatch, type WatchedLink } from './link-watch.ts';
import { type RoutedArm, routeArms } from './plan-arm.ts';

export interface OpenPacketsOptions {
  readonly network: LocalNetwork;
  readonly warn: (message: string) => void;
  /** Stops answering for the emulated addresses. */
  readonly onLost: (why: Error) => void;
}

/** How many conflicts to name; of the others only the number is given. */
const NAMED = 5;

/**
 * Prepares what the packet engine needs: ports and routes, the guard that keeps its packets from the kernel, and for
 * emulated addresses a check that no host has them and a process that answers for them. All of it ends with `undo`, and
 * with this process.
 * @throws UsageError as {@link routeArms}; EnvironmentError if a privilege is missing, an address is in use, or a next
 * hop does not answer
 */
export async function openPackets(
  arms: readonly PlannedArm[],
  { network, warn, onLost }: OpenPacketsOptions,
  undo: Undo,
): Promise<PlannedArm[]> {
  checkPlatform();
  checkCapability('CAP_NET_RAW');
  const routed = routeArms(arms, network);
  openGuard(routed, undo);
  const links = emulatedLinks(routed);
  await Promise.all(links.map(refuseConflicts));
  const planned = await Promise.all(routed.map(findPaths));
  await claimTuples(planned, undo);
  for (const link of links) await answerFor(link, planned, { warn, onLost }, undo);
  return planned;
}

/** Watches the links of a load until it is undone. */
export function watchLinks(
  arms: readonly PlannedArm[],
  { warn, onLost }: Pick<OpenPacketsOptions, 'warn' | 'onLost'>,
  undo: Undo,
): LinkWatch {
  const watched = new Map<string, WatchedLink>();
  for (const { arm, sources, packets } of arms) {
    const ownAddresses = arm.source?.emulate === true ? [] : sources;
    for (const path of packets?.links ?? []) {
      const key = `${path.interfaceIndex} ${path.nextHop}`;
      const known = watched.get(key)?.ownAddresses ?? [];
      watched.set(key, { path, ownAddresses: [...new Set([...known, ...ownAddresses])] });
    }
  }
  const watch = new LinkWatch({ links: [...watched.values()], warn, onLost });
  watch.start();
  undo.push(async () => watch.stop());
  return watch;
}

/** The links of the remaining endpoints: for an arm that wants the first that answers, of that one. */
export function fitLinks(planned: PlannedArm, before: PlannedArm): PlannedArm {
  const { endpoints, packets } = planned;
  if (packets === undefined) return planned;
  const links = endpoints.map((endpoint) => packets.links[before.endpoints.indexOf(endpoint)]!);
  return { ...planned, packets: { ...packets, links } };
}

/** Where the guard is not required it only spares the kernel the packets, so it is left out without the capability. */
function openGuard(routed: readonly RoutedArm[], undo: Undo): void {
  if (!routed.some(({ needsGuard }) => needsGuard) && whyNoGuard() !== undefined) return;
  const guard = setGuard(routed.flatMap(guarded));
  undo.push(async () => guard.release());
}

function guarded({ planned, routes, emulates }: RoutedArm): GuardedTraffic[] {
  const { endpoints, sources, ports = [] } = planned;
  return [...new Set(routes.map(({ link }) => link.name))].map((interfaceName) => ({
    interfaceName,
    family: endpoints[0]?.family ?? 4,
    addresses: sources,
    ...(emulates
      ? {}
      : {
          only: {
            endpoints: endpoints.map(({ address, port }) => ({ address: withoutZone(address), port })),
            ports,
          },
        }),
  }));
}

/** The emulated addresses of all arms on one link, of one family. */
interface EmulatedLink {
  readonly link: LinkInterface;
  readonly family: 4 | 6;
  readonly addresses: readonly string[];
}

function emulatedLinks(routed: readonly RoutedArm[]): EmulatedLink[] {
  const links = new Map<string, EmulatedLink>();
  for (const { planned, routes, emulates } of routed) {
    const [{ link } = { link: undefined }] = routes;
    if (!emulates || link === undefined) continue;
    const family = planned.endpoints[0]?.family ?? 4;
    const key = `${family} ${link.index}`;
    const addresses = new Set([...(links.get(key)?.addresses ?? []), ...planned.sources]);
    links.set(key, { link, family, addresses: [...addresses] });
  }
  return [...links.values()];
}

async function refuseConflicts({ link, addresses }: EmulatedLink): Promise<void> {
  const conflicts = await findConflicts(link, addresses).catch((cause: unknown) => {
    if (!(cause instanceof NetlinkError)) throw cause;
    throw new EnvironmentError(
      `cannot determine whether a host on ${link.name} already uses the emulated addresses (${cause.code})`,
      {
        hint: `check that the interface is up and that its queue is not full: ip -s link show ${link.name}`,
        cause,
      },
    );
  });
  if (conflicts.length === 0) return;
  const macs = new Set(conflicts.map(({ mac }) => mac));
  if (conflicts.length === addresses.length && conflicts.length > 1 && macs.size === 1) {
    throw new EnvironmentError(
      `one host, ${conflicts[0]?.mac} on ${link.name}, answers for all ${conflicts.length} addresses to emulate: it uses proxy ARP, or the addresses are its own`,
      { hint: 'use addresses of a network that exists only on this link, or disable proxy ARP on that host' },
    );
  }
  throw new EnvironmentError(
    `a host on ${link.name} already uses ${conflicts.length === 1 ? 'an address' : `${conflicts.length} of the addresses`} to emulate: ${nameConflicts(conflicts)}`,
    { hint: 'choose unused addresses; nothing was sent from these ones' },
  );
}

function nameConflicts(conflicts: readonly AddressConflict[]): string {
  const named = conflicts.slice(0, NAMED).map(({ address, mac }) => `${address} (${mac})`);
  const more = conflicts.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

async function findPaths({ planned }: RoutedArm): Promise<PlannedArm> {
  const { arm, endpoints, sources, ports = [] } = planned;
  const interfaceName = arm.source?.interface;
  const links: LinkPath[] = [];
  for (const endpoint of endpoints) {
    links.push(
      await findLinkPath(endpoint, {
        ...(interfaceName === undefined ? {} : { interfaceName }),
        ...(sources[0] === undefined ? {} : { source: sources[0] }),
      }),
    );
  }
  return { ...planned, packets: { client: clientOf(arm), links, ports } };
}

/** @throws EnvironmentError if no address has a way back */
async function answerFor(
  { link, family, addresses }: EmulatedLink,
  planned: readonly PlannedArm[],
  { warn, onLost }: Pick<OpenPacketsOptions, 'warn' | 'onLost'>,
  undo: Undo,
): Promise<void> {
  const paths = planned.flatMap(({ arm, endpoints, packets }) =>
    arm.source?.emulate === true && endpoints[0]?.family === family ? (packets?.links ?? []) : [],
  );
  const hops = new Map(
    paths
      .filter(({ interfaceIndex }) => interfaceIndex === link.index)
      .map(({ nextHop = '', nextHopMac }) => [nextHop, { address: nextHop, mac: nextHopMac }]),
  );
  const responder = await startResponder({
    ...{ link, addresses, nextHops: [...hops.values()], onLost },
    onConflict: ({ address, mac }) =>
      warn(`${mac} on ${link.name} claims ${address}, which is emulated here`),
  });
  undo.push(() => responder.stop());
  const { unanswered } = responder;
  if (unanswered.length === 0) return;
  const asked = `${[...hops.keys()].join(', ')} on ${link.name}`;
  if (unanswered.length === addresses.length) {
    throw new EnvironmentError(
      `${asked} answers none of the emulated addresses: it has no route back to them`,
      {
        hint: `add one to this link: an address in that network, or a route to it through this machine`,
      },
    );
  }
  warn(
    `${asked} did not answer ${unanswered.length} of ${addresses.length} emulated addresses, ${unanswered[0]} first: their attempts may fail there (a neighbour table of 1,024 entries, as Linux has by default, is full then: net.ipv4.neigh.default.gc_thresh3)`,
  );
}
