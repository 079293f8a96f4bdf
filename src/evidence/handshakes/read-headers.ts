import type { Packet } from '../../net/wire/packet.ts';
import { NO_OPTIONS, readOptions } from './read-options.ts';
import type { AnswerSeen, HeaderSeen, IcmpSeen, SynSeen } from './types.ts';

/** A frame's packet and what the capture says of it. */
export interface SeenPacket {
  packet: Readonly<Packet>;
  bytes: Uint8Array;
  atUs: number;
  number: number;
}

export function readSyn(seen: Readonly<SeenPacket>): SynSeen {
  const { packet, bytes } = seen;
  const { seq: isn, ack, window, flags, payloadBytes } = packet;
  return { ...headerOf(seen), isn, ack, window, flags, payloadBytes, options: readOptions(bytes, packet) };
}

/** Of a SYN-ACK, an ACK or a RST. */
export function readAnswer(
  seen: Readonly<SeenPacket>,
  kind: 'syn-ack' | 'ack' | 'rst',
  acknowledges: AnswerSeen['acknowledges'],
): AnswerSeen {
  const { packet, bytes } = seen;
  const { seq, ack, window } = packet;
  const options = kind === 'syn-ack' ? readOptions(bytes, packet) : NO_OPTIONS;
  return { ...headerOf(seen), kind, acknowledges, seq, ack, window, options, icmp: undefined };
}

/** @param seen the ICMP error itself, not what it quotes */
export function readIcmpAnswer(
  seen: Readonly<SeenPacket>,
  icmp: IcmpSeen,
  acknowledges: AnswerSeen['acknowledges'],
): AnswerSeen {
  const none = { seq: -1, ack: -1, window: -1, options: NO_OPTIONS };
  return { ...headerOf(seen), kind: 'icmp', acknowledges, ...none, icmp };
}

function headerOf({ packet: { ttl, ipId, trafficClass }, atUs, number }: Readonly<SeenPacket>): HeaderSeen {
  return { number, atUs, ttl, ipId, trafficClass };
}
