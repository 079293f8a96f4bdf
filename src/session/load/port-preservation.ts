import type { ArrivedSyn } from '../../evidence/peer/arrivals.ts';
import type { NatInfo } from '../../store/run-info.ts';
import { listPorts } from '../../worker/arm-plan.ts';
import type { PlannedArm } from '../../worker/protocol.ts';
import { type AskFarEnd, askFarEnd, type PeerSeen } from './ask-far-end.ts';
import { type FarWitness, findArrived, type SynMark } from './far-witness.ts';
import { type OwnSyns, watchOwnSyns } from './own-syns.ts';

/** Probe connections: enough that chance alone does not preserve this many ports. */
const PROBES = 8;

/** Answers needed for a conclusion. */
const LEAST_ANSWERS = 4;

/** A NAT that preserves ports assigns another if that one is taken: occasionally, not as a rule. */
const KEPT_SHARE = 0.75;

export interface CheckOptions {
  /** A peer on the far host, if there is one. */
  readonly witness?: FarWitness | undefined;
  /** Opens one connection; default: a request by the kernel, which a far end of rushhour answers with what it saw. */
  readonly ask?: AskFarEnd;
  /** Captures our own SYNs; default: where packets can be captured. */
  readonly watchOwn?: (planned: PlannedArm) => OwnSyns | undefined;
}

/**
 * Whether the NAT in front of a sweep's far end preserves source ports, and translates the addresses of a pair to the
 * same external one: otherwise the two attempts of a pair do not look the same from outside, and the sweep measures
 * nothing. Some connections are bound to ports that the sweep itself does not use. Which ports they had at the far side, the
 * far end included with rushhour says itself; otherwise a peer there shows their SYNs.
 */
export async function checkPortPreservation(
  planned: PlannedArm,
  { witness, ask = askFarEnd, watchOwn = watchOwnSyns }: CheckOptions = {},
): Promise<NatInfo> {
  const { arm, endpoints, sources, ports = [] } = planned;
  const [endpoint] = endpoints;
  if (arm.load.kind !== 'sweep' || endpoint === undefined) return unknown('there is no endpoint to ask');
  const spare = listPorts(ports).slice(arm.load.delaysUs.length * arm.load.pairs);
  if (spare.length < PROBES)
    return unknown(`source.ports has fewer than ${PROBES} spare ports for this check`);
  const own = witness === undefined ? undefined : watchOwn(planned);
  const mark = witness?.mark() ?? 0;
  try {
    const asked = await Promise.all(
      spare.slice(-PROBES).map(async (port, index) => {
        // Both attempts of a pair come from these two.
        const source = sources[index % Math.min(2, sources.length)] ?? '';
        return { source, port, ...(await ask(arm, endpoint, source, port)) };
      }),
    );
    if (witness === undefined || count(asked) >= LEAST_ANSWERS) return judge(asked);
    const sent = asked
      .filter(({ isAnswered }) => isAnswered)
      .map(({ source, port }): Sent => ({ source, port, mark: own?.find(port) }));
    const isTo = ({ toPort }: ArrivedSyn): boolean => toPort === endpoint.port;
    const arrived = await witness.since(mark, (syns) => {
      const ours = syns.filter(isTo);
      return sent.every(
        ({ mark: its, port }) => (findArrived(its, ours) ?? findByPort(port, ours)) !== undefined,
      );
    });
    return judgeWitnessed(sent, arrived.filter(isTo));
  } finally {
    own?.stop();
  }
}

/** A connection that came about, and its SYN. */
interface Sent {
  readonly source: string;
  readonly port: number;
  /** Undefined: it was not seen to leave. */
  readonly mark: SynMark | undefined;
}

/** What was bound, and what the far end saw; undefined: it did not report it. */
export interface Probe {
  readonly source: string;
  readonly port: number;
  readonly seen: PeerSeen | undefined;
}

function judgeWitnessed(sent: readonly Sent[], arrived: readonly ArrivedSyn[]): NatInfo {
  const known = sent.map(({ source, port, mark }) => ({ source, port, seen: findArrived(mark, arrived) }));
  if (count(known) >= LEAST_ANSWERS) return judge(known, PEER);
  // By their ports alone those are found that kept them: of others nothing is known.
  const alike = sent.map(({ source, port }) => ({ source, port, seen: findByPort(port, arrived) }));
  if (count(alike) >= Math.max(LEAST_ANSWERS, sent.length * KEPT_SHARE)) return judge(alike, PEER);
  const why = sent.some(({ mark }) => mark !== undefined)
    ? 'neither sequence numbers nor timestamps that left here arrived'
    : 'without CAP_NET_RAW here, what left is not known';
  return unknown(
    `${PEER} saw ${count(alike)} of ${sent.length} connections with the source port that they were bound to, and cannot tell the others: ${why}`,
  );
}

const PEER = 'the peer';

function count(probes: readonly Probe[]): number {
  return probes.filter(({ seen }) => seen !== undefined).length;
}

function findByPort(port: number, arrived: readonly ArrivedSyn[]): ArrivedSyn | undefined {
  return arrived.find((one) => one.port === port);
}

/**
 * Whether the two connections of a pair can look the same from outside: same external address, same port.
 * @param who saw them
 */
export function judge(probes: readonly Probe[], who = 'the far end'): NatInfo {
  const told = probes.flatMap(({ source, port, seen }) =>
    seen === undefined ? [] : [{ source, port, seen }],
  );
  if (told.length < LEAST_ANSWERS) {
    return unknown(
      'the far end does not report the ports that it sees; only rushhour’s own far end does, or rushhour peer beside it (--peer)',
    );
  }
  const kept = told.filter(({ port, seen }) => seen.port === port).length;
  const because = `${who} saw ${kept} of ${told.length} connections with the source port that they were bound to`;
  if (kept < told.length * KEPT_SHARE) return { ports: 'reassigned', because };
  const apart = formatApart(
    told.map(({ source, seen }) => ({ source, address: seen.address })),
    who,
  );
  return apart === undefined ? { ports: 'preserved', because } : { ports: 'apart', because: apart };
}

/** The external address that each source is translated to, if no two of them share one; otherwise undefined. */
function formatApart(told: readonly { source: string; address: string }[], who: string): string | undefined {
  const sources = [...new Set(told.map(({ source }) => source))];
  const external = sources.map((source) => {
    const seen = told.filter((one) => one.source === source).map(({ address }) => address);
    return [source, new Set(seen)] as const;
  });
  const all = external.flatMap(([, addresses]) => [...addresses]);
  if (external.length < 2 || new Set(all).size < all.length) return undefined;
  return external
    .map(([source, addresses]) => `${who} saw ${source} as ${[...addresses].join(', ')}`)
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
