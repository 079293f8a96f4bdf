import { decodeFrame, decodeQuoted } from '../../net/wire/decode.ts';
import { HeadersEnd } from '../../net/wire/headers-end.ts';
import { createIcmp, readIcmp } from '../../net/wire/icmp.ts';
import { LINK_TYPE } from '../../net/wire/link-types.ts';
import { createPacket, type Packet } from '../../net/wire/packet.ts';
import type { PooledPacket } from './packet-pool.ts';
import type { Tuple } from './read-tuple.ts';

/** A decoded packet of an attempt, with its own copy of the bytes. */
export interface NearPacket {
  /** From the link header on, cut after the last header: no payload. */
  readonly frame: Uint8Array;
  /** Where the network header begins in it. */
  readonly networkAt: number;
  /** On the wire, from the network header on. */
  readonly wireBytes: number;
  readonly interfaceIndex: number;
  readonly wallUs: number;
  readonly steadyUs: number;
  readonly isOut: boolean;
  readonly packet: Packet;
  readonly icmp: IcmpQuote | undefined;
}

export interface IcmpQuote {
  readonly type: number;
  readonly code: number;
  /** Sequence number that it quotes; -1: none. */
  readonly seq: number;
}

/** Limit per attempt: a whole SYN schedule, its answers, and what a retransmitting far end adds. */
export const MOST_PACKETS = 48;

const HEADERS = new HeadersEnd();

/** Gathers the packets of one attempt. */
export class NearPackets {
  readonly packets: NearPacket[] = [];
  leftOut = 0;

  add(pooled: Readonly<PooledPacket>, tuple: Readonly<Tuple>, remotePort: number): void {
    const isIcmp = tuple.flags < 0;
    const isOut = !isIcmp && tuple.destinationPort === remotePort;
    const from = pooled.at - pooled.linkBytes;
    const packet = createPacket();
    const frame = pooled.bytes.slice(from, pooled.end);
    if (decodeFrame(packet, frame, pooled.linkBytes, frame.length, LINK_TYPE.RAW) !== undefined) return;
    const icmp = isIcmp ? readQuote(frame, packet) : undefined;
    if (isIcmp && icmp === undefined) return;
    const { interfaceIndex, wallUs, steadyUs, wireBytes } = pooled;
    // What follows the headers, in an ICMP error those that it quotes, is a payload of somebody's.
    const end = HEADERS.find(frame, pooled.linkBytes, frame.length, LINK_TYPE.RAW);
    const one: NearPacket = {
      ...{ networkAt: pooled.linkBytes, interfaceIndex, wallUs, steadyUs, wireBytes, isOut, packet },
      ...{ frame: frame.slice(0, end), icmp },
    };
    if (this.packets.length >= MOST_PACKETS) this.leftOut += 1;
    else this.packets.push(one);
  }
}

function readQuote(frame: Uint8Array, packet: Packet): IcmpQuote | undefined {
  const icmp = createIcmp();
  if (!readIcmp(icmp, frame, packet) || icmp.quotedAt < 0) return undefined;
  const quoted = createPacket();
  decodeQuoted(quoted, frame, icmp.quotedAt, icmp.quotedEnd);
  return { type: icmp.type, code: icmp.code, seq: quoted.seq };
}
