import { writeU16, writeU32 } from './big-endian.ts';
import { finishChecksum, sumBytes } from './checksum.ts';

/** Protocol numbers, next headers of IPv6 among them (IANA, Assigned Internet Protocol Numbers). */
export const PROTOCOL = {
  HOP_BY_HOP: 0,
  ICMP: 1,
  IP_IN_IP: 4,
  TCP: 6,
  UDP: 17,
  IPV6_IN_IP: 41,
  ROUTING: 43,
  FRAGMENT: 44,
  GRE: 47,
  AUTHENTICATION: 51,
  ICMPV6: 58,
  NO_NEXT_HEADER: 59,
  DESTINATION_OPTIONS: 60,
  MOBILITY: 135,
  HIP: 139,
  SHIM6: 140,
} as const;

/** Without options (RFC 791 section 3.1). */
export const IPV4_BYTES = 20;
/** RFC 8200 section 3. */
export const IPV6_BYTES = 40;

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;

export interface Ipv4Header {
  /** 4 bytes each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly protocol: number;
  /** Bytes after the header. With the header, at most 65,535. */
  readonly payloadBytes: number;
  readonly ttl: number;
  /** DSCP and ECN, 8 bits; default: 0. */
  readonly trafficClass?: number;
  /** Identification, 16 bits; default: 0. */
  readonly id?: number;
  /** Default: must not be fragmented. */
  readonly mayFragment?: boolean;
  /** For a fragment: bytes before it, a multiple of 8, and whether more follow. */
  readonly fragmentOffset?: number;
  readonly moreFragments?: boolean;
  /** Padded to a multiple of 4, at most 40 bytes. */
  readonly options?: Uint8Array;
}

export interface Ipv6Header {
  /** 16 bytes each. */
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly nextHeader: number;
  /** Bytes after the header, extension headers included; at most 65,535. */
  readonly payloadBytes: number;
  readonly hopLimit: number;
  /** DSCP and ECN, 8 bits; default: 0. */
  readonly trafficClass?: number;
  /** 20 bits; default: 0. */
  readonly flowLabel?: number;
}

/** Writes a header with its checksum. @returns where the payload begins */
export function writeIpv4(into: Uint8Array, at: number, header: Ipv4Header): number {
  const { options, mayFragment = false, moreFragments = false } = header;
  const headerBytes = IPV4_BYTES + (options?.length ?? 0);
  into[at] = 0x40 | (headerBytes / 4);
  into[at + 1] = header.trafficClass ?? 0;
  writeU16(into, at + 2, headerBytes + header.payloadBytes);
  writeU16(into, at + 4, header.id ?? 0);
  const flags = (mayFragment ? 0 : DONT_FRAGMENT) | (moreFragments ? MORE_FRAGMENTS : 0);
  writeU16(into, at + 6, flags | ((header.fragmentOffset ?? 0) / 8));
  into[at + 8] = header.ttl;
  into[at + 9] = header.protocol;
  writeU16(into, at + 10, 0);
  into.set(header.source, at + 12);
  into.set(header.destination, at + 16);
  if (options !== undefined) into.set(options, at + IPV4_BYTES);
  writeU16(into, at + 10, finishChecksum(sumBytes(into, at, at + headerBytes)));
  return at + headerBytes;
}

/** @returns where the payload begins */
export function writeIpv6(into: Uint8Array, at: number, header: Ipv6Header): number {
  writeU32(into, at, 0x6000_0000 | ((header.trafficClass ?? 0) << 20) | (header.flowLabel ?? 0));
  writeU16(into, at + 4, header.payloadBytes);
  into[at + 6] = header.nextHeader;
  into[at + 7] = header.hopLimit;
  into.set(header.source, at + 8);
  into.set(header.destination, at + 24);
  return at + IPV6_BYTES;
}
