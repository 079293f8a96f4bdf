import type { LinkPath } from '../../net/link/types.ts';
import { createPacer } from '../../plan/pacer.ts';
import { describeClient } from '../../scenario/client.ts';
import { loadAttempts, loadDurationUs, peakPerSec } from '../../scenario/load-shape.ts';
import type { Load, SweepLoad } from '../../scenario/load-types.ts';
import { redactPath } from '../../scenario/secrets.ts';
import type { Arm, AuthSpec } from '../../scenario/types.ts';
import { formatPortRange } from '../../scenario/units.ts';
import { sendsNothing } from '../../scenario/words.ts';
import type { LinkInfo, SourcesInfo } from '../../store/run-info.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import type { ArmOutline } from '../types.ts';
import { formatEndpoint } from './resolve.ts';

/** What an arm is about to do, in figures that a user can check before load starts. */
export function outlineArm(planned: PlannedArm): ArmOutline {
  const { arm, endpoints } = planned;
  const from = describeSources([planned])[arm.name];
  return {
    name: arm.name,
    via: arm.via,
    endpoints: endpoints.map(formatEndpoint),
    target: describeTarget(arm),
    peakPerSec: peakOf(arm.load),
    attempts: arm.load.kind === 'open' ? createPacer(arm.load).total : loadAttempts(arm.load),
    ...(from === undefined ? {} : { from }),
    ...(planned.packets === undefined ? {} : { link: outlineLink(arm, planned.packets.links) }),
    ...(arm.load.kind === 'sweep' ? { sweep: outlineSweep(arm.load) } : {}),
    ...(arm.load.kind === 'browsers' ? { browsers: arm.load.browsers } : {}),
    ...(arm.auth === undefined ? {} : { auth: outlineAuth(arm.auth) }),
    ...(arm.client === undefined ? {} : { client: describeClient(arm.client) }),
  };
}

export function outlineLink(
  { source }: Arm,
  links: readonly Omit<LinkPath, 'nextHopMac' | 'interfaceIndex' | 'source'>[],
): LinkInfo {
  const [first] = links;
  const hops = links.map((link) => {
    const { nextHop = '', nextHopMac } = link as Partial<LinkPath>;
    return nextHopMac === undefined ? nextHop : `${nextHop} (${nextHopMac})`;
  });
  return {
    interface: first?.interfaceName ?? '',
    mac: first?.mac ?? '',
    nextHops: [...new Set(hops)],
    mtu: Math.min(...links.map(({ mtu }) => mtu)),
    emulates: source?.emulate === true,
  };
}

/** Which way each arm's packets went, for run.json; undefined unless the packet engine sent them. */
export function describeLinks(arms: readonly PlannedArm[]): Record<string, LinkInfo> | undefined {
  const links = arms.flatMap(({ arm, packets }) =>
    packets === undefined ? [] : [[arm.name, outlineLink(arm, packets.links)] as const],
  );
  return links.length === 0 ? undefined : Object.fromEntries(links);
}

function outlineAuth({ scheme, mode, to }: AuthSpec): NonNullable<ArmOutline['auth']> {
  return { scheme, mode, to };
}

/** How long the longest arm's schedule lasts; undefined if a closed loop is limited only by its count. */
export function scheduleUs(arms: readonly PlannedArm[]): number | undefined {
  const lengths = arms.map(({ arm }) => loadDurationUs(arm.load));
  return lengths.includes(undefined) ? undefined : Math.max(...lengths.map((length) => length ?? 0));
}

function outlineSweep({ delaysUs, pairs }: SweepLoad): NonNullable<ArmOutline['sweep']> {
  return { delays: delaysUs.length, shortestUs: delaysUs[0] ?? 0, longestUs: delaysUs.at(-1) ?? 0, pairs };
}

function peakOf(load: Load): number | undefined {
  switch (load.kind) {
    case 'open':
      return peakPerSec(load);
    case 'sweep':
      return load.ratePerSec;
    case 'closed':
    case 'browsers':
      return undefined;
  }
}

function describeTarget(arm: Arm): string {
  const { scheme, host, port, path } = arm.target;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${port}`;
  return sendsNothing(arm.via)
    ? authority
    : `${scheme}://${authority.replace(scheme === 'https' ? /:443$/ : /:80$/, '')}${redactPath(path)}`;
}

/** Where each arm's connections come from, for run.json; arms that leave it to the system are omitted. */
export function describeSources(arms: readonly PlannedArm[]): Record<string, SourcesInfo> {
  return Object.fromEntries(
    arms
      .filter(({ sources, ports }) => sources.length > 0 || ports !== undefined)
      .map(({ arm, sources, ports }) => [
        arm.name,
        { addresses: sources, ...(ports === undefined ? {} : { ports: ports.map(formatPortRange) }) },
      ]),
  );
}
