import { readU16 } from '../../net/wire/big-endian.ts';
import { IPV4_BYTES, IPV6_BYTES, PROTOCOL } from '../../net/wire/ip.ts';

/** What identifies a packet's connection. The same object is filled for each packet. */
export interface Tuple {
  /** Length of an address, 4 or 16 bytes, and the positions of the two; for an ICMP error, those of the packet it quotes, swapped. */
  addressBytes: 4 | 16;
  sourceAt: number;
  destinationAt: number;
  sourcePort: number;
  destinationPort: number;
  /** From the TCP header; -1 for ICMP. */
  flags: number;
  /** Where that header begins; of an ICMP error, the one it quotes. */
  transportAt: number;
  /** From the IP header; the ID only for IPv4. */
  ttl: number;
  ipId: number;
}

export function createTuple(): Tuple {
  return {
    ...{ addressBytes: 4, sourceAt: 0, destinationAt: 0, sourcePort: 0, destinationPort: 0, flags: 0 },
    ...{ transportAt: 0, ttl: -1, ipId: -1 },
  };
}

const ICMP_BYTES = 8;
/** Ports, sequence numbers, flags. */
const TCP_READ_BYTES = 14;

/**
 * Reads the connection of a packet that a filter has passed: faster than wire/decode.ts, and without extension headers.
 * @param at, end of the network header and of what was captured; nothing beyond is read
 * @returns whether it could be read
 */
export function readTuple(into: Tuple, bytes: Uint8Array, at: number, end: number): boolean {
  const isIpv6 = bytes[at]! >> 4 === 6;
  const headerBytes = readHeader(into, bytes, at, end);
  if (headerBytes === 0) return false;
  const protocol = isIpv6 ? bytes[at + 6]! : bytes[at + 9]!;
  into.ttl = isIpv6 ? bytes[at + 7]! : bytes[at + 8]!;
  into.ipId = isIpv6 ? -1 : readU16(bytes, at + 4);
  const transportAt = at + headerBytes;
  if (protocol === PROTOCOL.TCP) {
    if (transportAt + TCP_READ_BYTES > end) return false;
    readPorts(into, bytes, transportAt);
    into.flags = bytes[transportAt + 13]!;
    return true;
  }
  if (protocol !== (isIpv6 ? PROTOCOL.ICMPV6 : PROTOCOL.ICMP)) return false;
  return readQuote(into, bytes, transportAt + ICMP_BYTES, end);
}

function readQuote(into: Tuple, bytes: Uint8Array, at: number, end: number): boolean {
  const headerBytes = readHeader(into, bytes, at, end);
  if (headerBytes === 0 || at + headerBytes + 4 > end) return false;
  const isIpv6 = into.addressBytes === 16;
  if (bytes[at + (isIpv6 ? 6 : 9)] !== PROTOCOL.TCP) return false;
  readPorts(into, bytes, at + headerBytes);
  const { sourceAt, destinationAt, sourcePort, destinationPort } = into;
  into.sourceAt = destinationAt;
  into.destinationAt = sourceAt;
  into.sourcePort = destinationPort;
  into.destinationPort = sourcePort;
  into.flags = -1;
  return true;
}

/** @returns length of the header in bytes; 0 if it is not one, or is incomplete */
function readHeader(into: Tuple, bytes: Uint8Array, at: number, end: number): number {
  if (at + IPV4_BYTES > end) return 0;
  const version = bytes[at]! >> 4;
  if (version === 4) {
    const headerBytes = (bytes[at]! & 0x0f) * 4;
    if (headerBytes < IPV4_BYTES || at + headerBytes > end) return 0;
    into.addressBytes = 4;
    into.sourceAt = at + 12;
    into.destinationAt = at + 16;
    return headerBytes;
  }
  if (version !== 6 || at + IPV6_BYTES > end) return 0;
  into.addressBytes = 16;
  into.sourceAt = at + 8;
  into.destinationAt = at + 24;
  return IPV6_BYTES;
}

function readPorts(into: Tuple, bytes: Uint8Array, at: number): void {
  into.transportAt = at;
  into.sourcePort = readU16(bytes, at);
  into.destinationPort = readU16(bytes, at + 2);
}
