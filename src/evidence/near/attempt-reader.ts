import type { Evidence } from '../../metrics/evidence.ts';
import { type NotedAttempt, type NotedKind, readNoted } from '../../metrics/noted.ts';
import { RAMP_SUFFIX } from '../../metrics/types.ts';
import { formatAddress, parseAddress } from '../../net/addresses.ts';
import { addressBytes } from '../../net/wire/packet.ts';
import { WatchedEndpoint } from './endpoints.ts';
import type { PacketMemory } from './packet-memory.ts';
import { type NearPacket, NearPackets } from './seen-packets.ts';
import { isSyn, ownPackets, tellStory } from './tell-story.ts';
import type { NearArm, NearEvidence, NearFound } from './types.ts';
import { encodePackets } from './write-packets.ts';

/** How much the clock of a worker and that of the packets may differ. */
const CLOCK_US = 2_000;

/**
 * A SYN that is first seen so long after its attempt began is the one that was sent again: Linux does so after 1 s (TCP_TIMEOUT_INIT,
 * include/net/tcp.h), and the packet engine no sooner.
 */
const LEFT_LATE_US = 900_000;

/** Attempts per message that are kept with their packets; the others are counted. */
const MOST_KEPT = 250;

const GROUPS: Readonly<Record<NotedKind, string>> = {
  recovered: 'stalled',
  frozen: 'stalled',
  unresolved: 'stalled',
  healed: 'healed',
  refused: 'refused',
  reset: 'reset',
  unanswered: 'unanswered',
  healthy: 'healthy',
};

/** How a segment of load relates to the packets. */
export interface ReadContext {
  /** Second 0 of the load by the clock of the threads, microseconds since 1970. */
  readonly originUs: number;
  /** When packets were last lost, by the same clock. */
  readonly lostAtUs: number;
  readonly nameInterface: (index: number) => string;
}

/** Finds the packets of attempts, and what they show. */
export class AttemptReader {
  readonly endpoints: readonly WatchedEndpoint[];
  readonly #arms: readonly (NearArm & { watched: readonly WatchedEndpoint[]; from: readonly Uint8Array[] })[];

  constructor(arms: readonly NearArm[]) {
    const known = new Map<string, WatchedEndpoint>();
    this.#arms = arms.map((arm) => ({
      ...arm,
      from: arm.sources.map(parseAddress),
      watched: arm.endpoints.map(({ address, port, name }) => {
        const endpoint = known.get(name) ?? new WatchedEndpoint(address, port, name);
        known.set(name, endpoint);
        return endpoint;
      }),
    }));
    this.endpoints = [...known.values()];
  }

  read(memory: PacketMemory, noted: Float64Array, context: ReadContext): Omit<NearFound, 'dropped'> {
    const answers: Record<string, Record<string, number>> = {};
    const kept: NearEvidence[] = [];
    for (const attempt of readNoted(noted)) {
      const one = this.#readOne(memory, attempt, context);
      const { series, met } = one.evidence;
      if (attempt.kind !== 'healthy') {
        const counts = answers[series] ?? {};
        const key = `${GROUPS[attempt.kind]} ${met}`;
        counts[key] = (counts[key] ?? 0) + 1;
        answers[series] = counts;
      }
      if (kept.length < MOST_KEPT)
        kept.push({ evidence: one.evidence, blocks: encodePackets(one.packets, one.comment) });
    }
    return { answers, kept };
  }

  #readOne(
    memory: PacketMemory,
    noted: NotedAttempt,
    { originUs, lostAtUs, nameInterface }: ReadContext,
  ): { evidence: Evidence; packets: readonly NearPacket[]; comment: string } {
    const arm = this.#arms[noted.arm]!;
    const endpoint = arm.watched[noted.endpoint]!;
    const fromUs = originUs + noted.startedAtUs - CLOCK_US;
    const found = new NearPackets();
    if (noted.sourcePort !== 0)
      memory.find(
        { endpoint, localPort: noted.sourcePort, localAddress: arm.from[noted.source], fromUs },
        (packet, tuple) => found.add(packet, tuple, endpoint.port),
      );
    const packets = ownPackets(found.packets, fromUs);
    const story = tellStory(packets, endpoint, noted.kind);
    const isHeld = noted.sourcePort !== 0 && memory.hasAllSince(fromUs) && !memory.hasForgotten(fromUs);
    const isWhole = isHeld && lostAtUs < fromUs;
    const evidence: Evidence = {
      series: arm.name + (noted.isRamp ? RAMP_SUFFIX : ''),
      attempt: noted.attempt,
      kind: noted.kind,
      atUs: Math.round(noted.startedAtUs),
      endpoint: endpoint.name,
      source: nameSource(packets),
      interface: packets[0] === undefined ? '' : nameInterface(packets[0].interfaceIndex),
      met:
        isWhole && leftLate(packets, fromUs, noted.kind)
          ? 'left-late'
          : (story.met ?? (isWhole ? 'not-seen' : 'not-held')),
      packets: story.packets,
      packetsLeftOut: found.leftOut,
      sinceFirstSynUs: story.sinceFirstSynUs,
      rttUs: story.rttUs,
      ...(lostAtUs >= fromUs || memory.hasForgotten(fromUs) ? { isPartial: true as const } : {}),
    };
    const comment = `attempt ${noted.attempt} arm ${evidence.series} outcome ${GROUPS[noted.kind]}`;
    return { evidence, packets, comment };
  }
}

/** Whether the first SYN of a stalled attempt never left: what was seen is its second. */
function leftLate(packets: readonly NearPacket[], fromUs: number, kind: NotedKind): boolean {
  const first = packets.find(isSyn);
  return GROUPS[kind] === 'stalled' && first !== undefined && first.steadyUs - fromUs >= LEFT_LATE_US;
}

function nameSource(packets: readonly NearPacket[]): string {
  const one = packets.find(isSyn) ?? packets.find(({ icmp }) => icmp === undefined);
  if (one === undefined) return '';
  const { packet, frame, isOut } = one;
  const at = isOut ? packet.sourceAt : packet.destinationAt;
  const address = formatAddress(frame.subarray(at, at + addressBytes(packet.version)));
  const port = isOut ? packet.sourcePort : packet.destinationPort;
  return packet.version === 6 ? `[${address}]:${port}` : `${address}:${port}`;
}
