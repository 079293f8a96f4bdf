import { decodeFrame, decodeQuoted } from '../../net/wire/decode.ts';
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

/** The same packet on two interfaces (a bridge and its port, a VLAN and its device) arrives within this time. */
const COPY_US = 20_000;

/** Collects the packets of one attempt in order of time, each once. */
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
    const end = icmp?.end ?? Math.max(packet.networkAt, packet.payloadAt);
    const one: NearPacket = {
      ...{ networkAt: pooled.linkBytes, interfaceIndex, wallUs, steadyUs, wireBytes, isOut, packet },
      ...{ frame: frame.slice(0, Math.min(end, frame.length)), icmp },
    };
    if (this.packets.some((other) => isCopy(one, other))) return;
    if (this.packets.length >= MOST_PACKETS) this.leftOut += 1;
    else this.packets.push(one);
  }
}

/** The end of the headers that an ICMP error quotes: what follows them is our own payload. */
function readQuote(frame: Uint8Array, packet: Packet): (IcmpQuote & { end: number }) | undefined {
  const icmp = createIcmp();
  if (!readIcmp(icmp, frame, packet) || icmp.quotedAt < 0) return undefined;
  const quoted = createPacket();
  decodeQuoted(quoted, frame, icmp.quotedAt, icmp.quotedEnd);
  // Only ports and sequence number are certain to be quoted from TCP (RFC 792).
  const end = quoted.payloadAt >= 0 ? quoted.payloadAt : quoted.transportAt + 8;
  return { type: icmp.type, code: icmp.code, seq: quoted.seq, end };
}

function isCopy(one: NearPacket, other: NearPacket): boolean {
  if (one.interfaceIndex === other.interfaceIndex) return false;
  if (Math.abs(one.steadyUs - other.steadyUs) > COPY_US) return false;
  const bytes = one.frame.subarray(one.networkAt);
  const others = other.frame.subarray(other.networkAt);
  return bytes.length === others.length && bytes.every((byte, index) => byte === others[index]);
}
