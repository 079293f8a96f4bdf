import type { Packet } from '../../net/wire/packet.ts';
import { NO_OPTIONS, readOptions } from './read-options.ts';
import type { AnswerSeen, IcmpSeen, SynSeen } from './types.ts';

/** A frame's packet and what the capture says of it. */
export interface SeenPacket {
  packet: Readonly<Packet>;
  bytes: Uint8Array;
  atUs: number;
  number: number;
}

// Literals of all fields, as spreading takes several times as long, and captures have millions of these.

export function readSyn({ packet, bytes, atUs, number }: Readonly<SeenPacket>): SynSeen {
  return {
    number,
    atUs,
    ttl: packet.ttl,
    ipId: packet.ipId,
    trafficClass: packet.trafficClass,
    isn: packet.seq,
    ack: packet.ack,
    window: packet.window,
    flags: packet.flags,
    payloadBytes: packet.payloadBytes,
    options: readOptions(bytes, packet),
  };
}

/** Of a SYN-ACK, an ACK or an RST. */
export function readAnswer(
  { packet, bytes, atUs, number }: Readonly<SeenPacket>,
  kind: 'syn-ack' | 'ack' | 'rst',
  acknowledges: AnswerSeen['acknowledges'],
): AnswerSeen {
  return {
    number,
    atUs,
    ttl: packet.ttl,
    ipId: packet.ipId,
    trafficClass: packet.trafficClass,
    kind,
    acknowledges,
    seq: packet.seq,
    ack: packet.ack,
    window: packet.window,
    options: kind === 'syn-ack' ? readOptions(bytes, packet) : NO_OPTIONS,
    icmp: undefined,
  };
}

/** @param seen the ICMP error itself, not what it quotes */
export function readIcmpAnswer(
  { packet: { ttl, ipId, trafficClass }, atUs, number }: Readonly<SeenPacket>,
  icmp: IcmpSeen,
  acknowledges: AnswerSeen['acknowledges'],
): AnswerSeen {
  const none = { seq: -1, ack: -1, window: -1, options: NO_OPTIONS };
  return { number, atUs, ttl, ipId, trafficClass, kind: 'icmp', acknowledges, ...none, icmp };
}
