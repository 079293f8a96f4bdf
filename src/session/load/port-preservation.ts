import { type IncomingHttpHeaders, request } from 'node:http';
import type { Endpoint } from '../../engine/types.ts';
import type { Arm } from '../../scenario/types.ts';
import type { NatInfo } from '../../store/run-info.ts';
import { listPorts } from '../../worker/arm-plan.ts';
import type { PlannedArm } from '../../worker/protocol.ts';

/** Probe connections: enough that chance alone does not preserve this many ports. */
const PROBES = 8;

/** Answers needed for a conclusion. */
const LEAST_ANSWERS = 4;

/** A NAT that preserves ports assigns another if that one is taken: occasionally, not as a rule. */
const KEPT_SHARE = 0.75;

/** A probe is one connection on an idle path; an answer that takes longer counts as none. */
const TIMEOUT_MS = 5_000;

/**
 * Whether the NAT in front of a sweep's far end preserves source ports, and translates the addresses of a pair to the
 * same external one: otherwise the two attempts of a pair do not look the same from outside, and the sweep measures
 * nothing. Some connections are bound to ports that the sweep itself does not use, and the far end is asked which ports
 * it saw. Only the far end included with rushhour can report them.
 */
export async function checkPortPreservation(planned: PlannedArm): Promise<NatInfo> {
  const { arm, endpoints, sources, ports = [] } = planned;
  const [endpoint] = endpoints;
  if (arm.load.kind !== 'sweep' || endpoint === undefined) return unknown('there is no endpoint to ask');
  const spare = listPorts(ports).slice(arm.load.delaysUs.length * arm.load.pairs);
  if (spare.length < PROBES)
    return unknown(`source.ports has fewer than ${PROBES} spare ports for this check`);
  const seen = await Promise.all(
    spare.slice(-PROBES).map(async (port, index) => {
      const source = sources[index % sources.length] ?? '';
      const headers = await ask(arm, endpoint, source, port);
      return { source, port, seen: peerSeen(headers, arm) };
    }),
  );
  return judge(seen);
}

/** An address and port that the far end saw a connection come from. */
export interface PeerSeen {
  readonly address: string;
  readonly port: number;
}

/** What was bound, and what the far end saw; undefined: it did not report it. */
export interface Probe {
  readonly source: string;
  readonly port: number;
  readonly seen: PeerSeen | undefined;
}

/** Whether the two connections of a pair can look the same from outside: same external address, same port. */
export function judge(probes: readonly Probe[]): NatInfo {
  const told = probes.flatMap(({ source, port, seen }) =>
    seen === undefined ? [] : [{ source, port, seen }],
  );
  if (told.length < LEAST_ANSWERS) {
    return unknown('the far end does not report the ports that it sees; only rushhour’s own far end does');
  }
  const kept = told.filter(({ port, seen }) => seen.port === port).length;
  const because = `the far end saw ${kept} of ${told.length} connections with the source port that they were bound to`;
  if (kept < told.length * KEPT_SHARE) return { ports: 'reassigned', because };
  const apart = formatApart(told.map(({ source, seen }) => ({ source, address: seen.address })));
  return apart === undefined ? { ports: 'preserved', because } : { ports: 'apart', because: apart };
}

/** The external address that each source is translated to, if no two of them share one; otherwise undefined. */
function formatApart(told: readonly { source: string; address: string }[]): string | undefined {
  const sources = [...new Set(told.map(({ source }) => source))];
  const external = sources.map((source) => {
    const seen = told.filter((one) => one.source === source).map(({ address }) => address);
    return [source, new Set(seen)] as const;
  });
  const all = external.flatMap(([, addresses]) => [...addresses]);
  if (external.length < 2 || new Set(all).size < all.length) return undefined;
  return external
    .map(([source, addresses]) => `the far end saw ${source} as ${[...addresses].join(', ')}`)
    .join('; ');
}

/** The combined result of several sweeps in one run: the least favourable. */
export function combine(answers: readonly NatInfo[]): NatInfo | undefined {
  const of = (ports: NatInfo['ports']): NatInfo | undefined => answers.find((one) => one.ports === ports);
  return of('reassigned') ?? of('apart') ?? of('unknown') ?? of('preserved');
}

function unknown(because: string): NatInfo {
  return { ports: 'unknown', because };
}

/** One request as the arm would send it; undefined if there is no answer. */
function ask(
  arm: Arm,
  { address, port, family }: Endpoint,
  localAddress: string,
  localPort: number,
): Promise<IncomingHttpHeaders | undefined> {
  const { host, port: targetPort, path } = arm.target;
  const authority = `${host.includes(':') ? `[${host}]` : host}:${targetPort}`;
  return new Promise((resolve) => {
    const asked = request(
      {
        ...{ host: address, port, family, localAddress, localPort },
        path: arm.via === 'proxy' ? `http://${authority}${path}` : path,
        headers: { Host: authority, Connection: 'close' },
        agent: false,
        timeout: TIMEOUT_MS,
      },
      (response) => {
        // The far end closes first, as in the sweep.
        response.resume();
        response.once('end', () => resolve(response.headers));
        response.once('error', () => resolve(undefined));
      },
    );
    asked.once('timeout', () => asked.destroy());
    asked.once('error', () => resolve(undefined));
    asked.end();
  });
}

/** An origin behind another proxy sees that proxy's ports: only the peer of the connection can report ours. */
function peerSeen(headers: IncomingHttpHeaders | undefined, { via }: Arm): PeerSeen | undefined {
  const { 'x-rushhour-peer': peer, 'x-rushhour-role': role } = headers ?? {};
  if (typeof peer !== 'string' || role !== (via === 'proxy' ? 'proxy' : 'origin')) return undefined;
  const colon = peer.lastIndexOf(':');
  return { address: peer.slice(0, colon), port: Number(peer.slice(colon + 1)) };
}
