import { type IncomingHttpHeaders, request } from 'node:http';
import type { Endpoint } from '../engine/types.ts';
import type { Arm } from '../scenario/types.ts';
import type { NatInfo } from '../store/run-info.ts';
import { listPorts } from '../worker/arm-plan.ts';
import type { PlannedArm } from '../worker/protocol.ts';

/** Connections to ask with: enough that chance does not keep as many ports. */
const PROBES = 8;

/** Answers without which nothing is said. */
const LEAST_ANSWERS = 4;

/** A NAT that keeps ports gives another where that one is taken: now and then, not as a rule. */
const KEPT_SHARE = 0.75;

/** A probe is one connection on an idle path; what takes longer is no answer. */
const TIMEOUT_MS = 5_000;

/**
 * Whether the NAT in front of the far end of a sweep keeps source ports: without that, the two attempts of a pair do not
 * look the same from outside, and the sweep measures nothing. Some connections are bound to ports that the sweep itself
 * does not use, and the far end is asked which ports it saw. Only the far end that comes with rushhour can tell.
 */
export async function checkPortPreservation(planned: PlannedArm): Promise<NatInfo> {
  const { arm, endpoints, sources, ports = [] } = planned;
  const [endpoint] = endpoints;
  if (arm.load.kind !== 'sweep' || endpoint === undefined) return unknown('there is nothing to ask');
  const spare = listPorts(ports).slice(arm.load.delaysUs.length * arm.load.pairs);
  if (spare.length < PROBES)
    return unknown(`source.ports has less than ${PROBES} ports to spare for the question`);
  const seen = await Promise.all(
    spare.slice(-PROBES).map(async (port, index) => {
      const headers = await ask(arm, endpoint, sources[index % sources.length] ?? '', port);
      return { port, seen: portSeen(headers, arm) };
    }),
  );
  return judge(seen);
}

/** @param seen what was bound and what the far end saw of it; undefined: it did not say */
export function judge(seen: readonly { port: number; seen: number | undefined }[]): NatInfo {
  const told = seen.filter((one) => one.seen !== undefined);
  if (told.length < LEAST_ANSWERS) {
    return unknown(
      'the far end does not say which ports it sees; only the one that comes with rushhour does',
    );
  }
  const kept = told.filter((one) => one.seen === one.port).length;
  const because = `the far end saw ${kept} of ${told.length} connections with the source port that they were bound to`;
  return { ports: kept >= told.length * KEPT_SHARE ? 'preserved' : 'reassigned', because };
}

/** What several sweeps of one run come to: the least favourable. */
export function combine(answers: readonly NatInfo[]): NatInfo | undefined {
  const of = (ports: NatInfo['ports']): NatInfo | undefined => answers.find((one) => one.ports === ports);
  return of('reassigned') ?? of('unknown') ?? of('preserved');
}

function unknown(because: string): NatInfo {
  return { ports: 'unknown', because };
}

/** One request as the arm would send it; undefined where there is no answer. */
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
        // The far end is to close first, as it does in the sweep.
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

/** An origin behind somebody else's proxy sees that proxy's ports: only what was connected to can tell. */
function portSeen(headers: IncomingHttpHeaders | undefined, { via }: Arm): number | undefined {
  const { 'x-rushhour-peer': peer, 'x-rushhour-role': role } = headers ?? {};
  if (typeof peer !== 'string' || role !== (via === 'proxy' ? 'proxy' : 'origin')) return undefined;
  return Number(peer.slice(peer.lastIndexOf(':') + 1));
}
