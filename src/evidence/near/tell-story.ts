import type { PacketSeen } from '../../metrics/evidence.ts';
import type { NotedKind } from '../../metrics/noted.ts';
import { formatAddress } from '../../net/addresses.ts';
import { ACK, addressBytes, FIN, RST, SYN } from '../../net/wire/packet.ts';
import { icmpAnswer, type SynAnswer } from '../../outcome/syn-answer.ts';
import { readOptions } from '../handshakes/read-options.ts';
import type { WatchedEndpoint } from './endpoints.ts';
import type { NearPacket } from './seen-packets.ts';

/** What the packets of one attempt show. */
export interface Story {
  readonly packets: readonly PacketSeen[];
  /** See outcome/syn-answer.ts; undefined: no SYN of it was seen. */
  readonly met: string | undefined;
  readonly sinceFirstSynUs: number | null;
  readonly rttUs: number | null;
}

/**
 * Reads the packets of an attempt: what was sent and retransmitted, and what answered which SYN.
 * @param seen in order of time, see {@link ownPackets}
 */
export function tellStory(
  seen: readonly NearPacket[],
  endpoint: Pick<WatchedEndpoint, 'likenTtl' | 'likenIpId'>,
  kind: NotedKind,
): Story {
  const syns = seen.filter(isSyn);
  const [first] = syns;
  const beganUs = (first ?? seen[0])?.steadyUs ?? 0;
  const isn = first?.packet.seq;
  const packets: PacketSeen[] = [];
  const sent = new Set<string>();
  let synsSent = 0;
  let isAnswered = false;
  for (const one of seen) {
    const told = tellPacket(one, beganUs, isn, isAnswered);
    isAnswered ||= told.kind === 'syn-ack' && told.about === 'this';
    if (one.isOut) {
      const key = `${told.kind} ${told.seq}`;
      const isAgain = sent.has(key);
      sent.add(key);
      if (isSyn(one)) synsSent += 1;
      packets.push(isAgain ? { ...told, again: true } : told);
    } else {
      const { ttl, ipId } = told;
      const isLikened = told.kind === 'rst' || told.kind === 'ack';
      packets.push({
        ...told,
        afterSyn: synsSent - 1,
        ...(isLikened
          ? { ttlOfSynAcks: endpoint.likenTtl(ttl), ipIdOfSynAcks: endpoint.likenIpId(ipId) }
          : {}),
      });
    }
  }
  const answer = packets.find(({ kind, about }) => kind === 'syn-ack' && about === 'this');
  const before = answer === undefined ? undefined : syns[answer.afterSyn ?? -1];
  const family = first?.packet.version === 6 ? 6 : 4;
  return {
    packets,
    met: first === undefined ? undefined : tellMet(packets, syns.length, kind, family),
    sinceFirstSynUs: first === undefined || answer === undefined ? null : round(answer.atUs),
    rttUs:
      answer === undefined || before === undefined ? null : round(answer.atUs - (before.steadyUs - beganUs)),
  };
}

/**
 * Selects one attempt's packets among those of its addresses and ports: from its first SYN until a SYN with another number,
 * which belongs to the next attempt; and what came from the far end before, as part of the previous connection.
 * @param fromUs when it was started, less the possible difference of clocks
 */
export function ownPackets(found: readonly NearPacket[], fromUs: number): readonly NearPacket[] {
  const inOrder = [...found]
    .sort((a, b) => a.steadyUs - b.steadyUs)
    .filter(({ steadyUs }) => steadyUs >= fromUs);
  const begin = inOrder.findIndex(isSyn);
  if (begin === -1) return inOrder;
  const isn = inOrder[begin]!.packet.seq;
  const next = inOrder.findIndex((one, index) => index > begin && isSyn(one) && one.packet.seq !== isn);
  const own = next === -1 ? inOrder : inOrder.slice(0, next);
  // What this machine still sent for the previous connection is not part of this one.
  return own.filter((one, index) => index >= begin || !one.isOut);
}

export function isSyn({ isOut, packet, icmp }: NearPacket): boolean {
  return isOut && icmp === undefined && (packet.flags & (SYN | ACK)) === SYN;
}

/** Kinds of attempts whose handshake was completed. */
const DONE: ReadonlySet<NotedKind> = new Set(['recovered', 'healed', 'healthy']);

/** The first answer, except the SYN-ACK that completed a handshake after a retransmission; for a reset, what caused it. */
function tellMet(packets: readonly PacketSeen[], syns: number, of: NotedKind, family: 4 | 6): string {
  for (const one of packets) {
    const { way, kind, about, icmp, afterSyn = -1 } = one;
    if (way === 'out' || afterSyn < 0 || kind === 'fin') continue;
    if (of === 'reset' && kind !== 'rst') continue;
    if (icmp !== undefined) return icmpAnswer(family, icmp.type, icmp.code);
    if (kind !== 'syn-ack' || about !== 'this') return nameAnswer(one);
    // An answer after which no SYN was retransmitted has ended it.
    const hasEnded = DONE.has(of) && afterSyn === syns - 1 && afterSyn > 0;
    return hasEnded ? 'silence' : 'syn-ack';
  }
  return 'silence' satisfies SynAnswer;
}

function nameAnswer({ kind, about, ttlOfSynAcks }: PacketSeen): SynAnswer {
  if (kind === 'syn-ack') return 'syn-ack-foreign';
  if (kind === 'ack') return about === 'this' ? 'ack' : 'ack-foreign';
  if (about === 'another') return 'rst-foreign';
  return ttlOfSynAcks === 'other' ? 'rst-other-ttl' : 'rst';
}

function tellPacket(
  one: NearPacket,
  beganUs: number,
  isn: number | undefined,
  isAnswered: boolean,
): PacketSeen {
  const { packet, icmp, isOut, frame } = one;
  const base = {
    atUs: round(one.steadyUs - beganUs),
    way: isOut ? ('out' as const) : ('in' as const),
    ttl: packet.ttl,
    ipId: packet.ipId,
  };
  if (icmp !== undefined) {
    const senderAt = packet.sourceAt;
    const sender = formatAddress(frame.subarray(senderAt, senderAt + addressBytes(packet.version)));
    const about = icmp.seq === -1 ? 'nothing' : icmp.seq === isn ? 'this' : 'another';
    return {
      ...{ ...base, kind: 'icmp', about, seq: icmp.seq, ack: -1, window: -1 },
      icmp: { type: icmp.type, code: icmp.code, sender },
    };
  }
  const { flags, seq, ack, window } = packet;
  const kind = kindOf(flags);
  const hasAck = (flags & ACK) !== 0;
  return {
    ...{ ...base, kind, seq, ack: hasAck ? ack : -1, window },
    ...(isOut ? {} : { about: aboutOf(hasAck ? ack : undefined, isn, isAnswered && kind !== 'syn-ack') }),
    ...(kind === 'syn' || kind === 'syn-ack' ? { options: readOptions(frame, packet) } : {}),
  };
}

function kindOf(flags: number): PacketSeen['kind'] {
  if ((flags & RST) !== 0) return 'rst';
  if ((flags & SYN) !== 0) return (flags & ACK) !== 0 ? 'syn-ack' : 'syn';
  return (flags & FIN) !== 0 ? 'fin' : 'ack';
}

/** Before a SYN-ACK only the SYN can be acknowledged, afterwards also what followed it (RFC 9293 section 3.10.7.3). */
function aboutOf(
  ack: number | undefined,
  isn: number | undefined,
  isAnswered: boolean,
): 'this' | 'another' | 'nothing' {
  if (isn === undefined || ack === undefined) return 'nothing';
  const beyond = (ack - isn) >>> 0;
  return beyond === 1 || (isAnswered && beyond > 1 && beyond < WINDOW) ? 'this' : 'another';
}

/** This program sends less than that on a connection. */
const WINDOW = 0x10_0000;

function round(us: number): number {
  return Math.round(us * 10) / 10;
}
