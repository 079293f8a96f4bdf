import { readU16, readU32, writeU16 } from './big-endian.ts';
import { finishChecksum, sumBytes, sumPseudoHeader } from './checksum.ts';
import { PROTOCOL } from './ip.ts';
import type { Packet } from './packet.ts';

/** Type, code, checksum and a word that depends on them (RFC 792, RFC 4443). */
export const ICMP_BYTES = 8;

/** Types of ICMP. */
const UNREACHABLE = 3;
const TIME_EXCEEDED = 11;
const PARAMETER_PROBLEM = 12;
/** Source quench (obsolete) and redirect quote a packet as well. */
const QUOTING: ReadonlySet<number> = new Set([UNREACHABLE, 4, 5, TIME_EXCEEDED, PARAMETER_PROBLEM]);
const FRAGMENTATION_NEEDED = 4;

/** Types of ICMPv6: errors are those below 128. */
const UNREACHABLE_6 = 1;
const PACKET_TOO_BIG = 2;
const TIME_EXCEEDED_6 = 3;
const FIRST_INFORMATION = 128;

/** Types of an echo and of its reply. */
const ECHO = { 4: { request: 8, reply: 0 }, 6: { request: 128, reply: 129 } } as const;

/** The content of an ICMP message; -1 for what its kind does not have. One object is reused for all messages. */
export interface Icmp {
  type: number;
  code: number;
  /** Of an echo and its reply. */
  identifier: number;
  sequence: number;
  /** MTU of the next link, if a packet was too big for it; 0 from routers that do not state it (RFC 1191 section 5). */
  mtu: number;
  /** Of an error: where the packet that it quotes begins and ends, for decodeQuoted(). */
  quotedAt: number;
  quotedEnd: number;
}

export function createIcmp(): Icmp {
  return { type: -1, code: -1, identifier: -1, sequence: -1, mtu: -1, quotedAt: -1, quotedEnd: -1 };
}

/**
 * Reads the header of an ICMP or ICMPv6 message. Its checksum is not checked: it may cover more than was captured.
 * @param packet decoded from `bytes`
 * @returns whether the packet is one, and all of the header was captured
 */
export function readIcmp(into: Icmp, bytes: Uint8Array, packet: Readonly<Packet>): boolean {
  const { version, protocol, transportAt: at, transportBytes, end } = packet;
  const isIcmp = protocol === (version === 4 ? PROTOCOL.ICMP : PROTOCOL.ICMPV6);
  if (!isIcmp || at < 0 || transportBytes < ICMP_BYTES || at + ICMP_BYTES > end) return false;
  const type = bytes[at]!;
  const code = bytes[at + 1]!;
  into.type = type;
  into.code = code;
  const isEcho = version !== 0 && (type === ECHO[version].request || type === ECHO[version].reply);
  into.identifier = isEcho ? readU16(bytes, at + 4) : -1;
  into.sequence = isEcho ? readU16(bytes, at + 6) : -1;
  into.mtu = readMtu(bytes, at, version);
  const isError = version === 4 ? QUOTING.has(type) : type < FIRST_INFORMATION;
  into.quotedAt = isError ? at + ICMP_BYTES : -1;
  into.quotedEnd = isError ? Math.min(end, at + ICMP_BYTES + quotedBytes(bytes, at, version)) : -1;
  return true;
}

function readMtu(bytes: Uint8Array, at: number, version: number): number {
  if (version === 4)
    return bytes[at] === UNREACHABLE && bytes[at + 1] === FRAGMENTATION_NEEDED ? readU16(bytes, at + 6) : -1;
  return bytes[at] === PACKET_TOO_BIG ? readU32(bytes, at + 4) : -1;
}

/** Length of the quoted packet if extensions follow it, in words of 4 or 8 bytes (RFC 4884 section 4). */
function quotedBytes(bytes: Uint8Array, at: number, version: number): number {
  const type = bytes[at]!;
  const words =
    version === 4
      ? type === UNREACHABLE || type === TIME_EXCEEDED || type === PARAMETER_PROBLEM
        ? bytes[at + 5]! * 4
        : 0
      : type === UNREACHABLE_6 || type === TIME_EXCEEDED_6
        ? bytes[at + 4]! * 8
        : 0;
  return words || Number.POSITIVE_INFINITY;
}

export interface Echo {
  readonly isReply: boolean;
  /** 16 bits each. */
  readonly identifier: number;
  readonly sequence: number;
  readonly payload: Uint8Array;
}

/**
 * Writes an echo request or its reply (RFC 792, RFC 4443 section 4), to follow an IP header.
 * @param source, destination of the IP packet: 4 bytes each, or 16 each
 * @returns where it ends
 */
export function writeEcho(
  into: Uint8Array,
  at: number,
  echo: Echo,
  source: Uint8Array,
  destination: Uint8Array,
): number {
  const version = source.length === 4 ? 4 : 6;
  into[at] = ECHO[version][echo.isReply ? 'reply' : 'request'];
  into[at + 1] = 0;
  writeU16(into, at + 2, 0);
  writeU16(into, at + 4, echo.identifier);
  writeU16(into, at + 6, echo.sequence);
  into.set(echo.payload, at + ICMP_BYTES);
  const end = at + ICMP_BYTES + echo.payload.length;
  // ICMP's own checksum covers no addresses.
  const pseudo = version === 4 ? 0 : sumPseudoHeader(source, destination, PROTOCOL.ICMPV6, end - at);
  writeU16(into, at + 2, finishChecksum(pseudo + sumBytes(into, at, end)));
  return end;
}
