import { readU16, readU32 } from './big-endian.ts';
import type { Packet, Unread } from './packet.ts';

/** Without options (RFC 9293 section 3.1). */
const TCP_BYTES = 20;
const UDP_BYTES = 8;
/** The part of a transport header that an ICMP error quotes at least (RFC 792): ports, and TCP's sequence number. */
const QUOTED_BYTES = 8;

/** Fills in a TCP header that begins at {@link Packet.transportAt}. */
export function decodeTcp(packet: Packet, bytes: Uint8Array): Unread | undefined {
  const { transportAt: at, transportBytes, end } = packet;
  if (transportBytes < TCP_BYTES) return 'malformed';
  if (at + TCP_BYTES > end) return 'cut short';
  const headerBytes = (bytes[at + 12]! >> 4) * 4;
  if (headerBytes < TCP_BYTES || headerBytes > transportBytes) return 'malformed';
  decodePorts(packet, bytes);
  packet.seq = readU32(bytes, at + 4);
  packet.ack = readU32(bytes, at + 8);
  packet.flags = readU16(bytes, at + 12) & 0x01ff;
  packet.window = readU16(bytes, at + 14);
  packet.optionsAt = at + TCP_BYTES;
  packet.optionsEnd = Math.min(at + headerBytes, end);
  packet.payloadAt = at + headerBytes;
  packet.payloadBytes = transportBytes - headerBytes;
  return undefined;
}

export function decodeUdp(packet: Packet, bytes: Uint8Array): Unread | undefined {
  if (packet.transportBytes < UDP_BYTES) return 'malformed';
  if (packet.transportAt + UDP_BYTES > packet.end) return 'cut short';
  decodePorts(packet, bytes);
  return undefined;
}

/** In an ICMP error, there may be no more than the beginning of a TCP header. */
export function decodeQuotedTcp(packet: Packet, bytes: Uint8Array): Unread | undefined {
  const unread = decodeTcp(packet, bytes);
  if (unread !== 'cut short' || packet.transportAt + QUOTED_BYTES > packet.end) return unread;
  decodePorts(packet, bytes);
  packet.seq = readU32(bytes, packet.transportAt + 4);
  return undefined;
}

function decodePorts(packet: Packet, bytes: Uint8Array): void {
  packet.sourcePort = readU16(bytes, packet.transportAt);
  packet.destinationPort = readU16(bytes, packet.transportAt + 2);
}
