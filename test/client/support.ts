import { offeredWindow, synFlags, synOptionBytes } from '../../src/client/syn.ts';
import type { ClientProfile } from '../../src/client/types.ts';

/** One SYN as a client sends it, for what reads captures. Documentation addresses (RFC 5737, RFC 3849). */
export interface Syn {
  readonly profile: ClientProfile;
  readonly family: 4 | 6;
  /** Tells the SYNs of a capture apart. */
  readonly sourcePort: number;
}

const MTU = 1_500;
const ADDRESSES = {
  4: ['c0000202', 'c6336403'],
  6: ['20010db8000000000000000000000002', '20010db8000000000000000000000003'],
} as const;

/** A capture file (draft-ietf-opsawg-pcap) of Ethernet frames, one a second. */
export function writePcap(syns: readonly Syn[]): Uint8Array {
  const header = Buffer.alloc(24);
  header.writeUInt32LE(0xa1b2c3d4, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  header.writeUInt32LE(65_535, 16);
  header.writeUInt32LE(1, 20);
  const records = syns.map((syn, index) => {
    const frame = writeFrame(syn);
    const record = Buffer.alloc(16);
    record.writeUInt32LE(1_700_000_000 + index, 0);
    record.writeUInt32LE(frame.length, 8);
    record.writeUInt32LE(frame.length, 12);
    return Buffer.concat([record, frame]);
  });
  return Buffer.concat([header, ...records]);
}

function writeFrame({ profile, family, sourcePort }: Syn): Buffer {
  const [source, destination] = ADDRESSES[family].map((hex) => Buffer.from(hex, 'hex')) as [Buffer, Buffer];
  const segment = writeSegment(profile, family, sourcePort);
  const pseudo = Buffer.concat([
    source,
    destination,
    Buffer.from([0, 0, segment.length >> 8, segment.length & 255, 0, 0, 0, 6]),
  ]);
  segment.writeUInt16BE(checksum(Buffer.concat([pseudo, segment])), 16);
  const ethernet = Buffer.from(`02000000000302000000000${family === 4 ? '20800' : '286dd'}`, 'hex');
  return Buffer.concat([ethernet, writeIp(profile, family, segment.length), source, destination, segment]);
}

/** Without the addresses, which follow in either version. */
function writeIp({ ttl, dscp, ipId }: ClientProfile, family: 4 | 6, length: number): Buffer {
  if (family === 6) {
    const ip = Buffer.alloc(8);
    ip.writeUInt32BE(0x60000000 | (dscp << 22), 0);
    ip.writeUInt16BE(length, 4);
    ip.writeUInt8(6, 6);
    ip.writeUInt8(ttl, 7);
    return ip;
  }
  const ip = Buffer.alloc(12);
  ip.writeUInt8(0x45, 0);
  ip.writeUInt8(dscp << 2, 1);
  ip.writeUInt16BE(20 + length, 2);
  ip.writeUInt16BE(ipId === 'zero' ? 0 : 0x1234, 4);
  ip.writeUInt16BE(0x4000, 6);
  ip.writeUInt8(ttl, 8);
  ip.writeUInt8(6, 9);
  ip.writeUInt16BE(checksum(Buffer.concat([ip, ...ADDRESSES[4].map((hex) => Buffer.from(hex, 'hex'))])), 10);
  return ip;
}

function writeSegment(profile: ClientProfile, family: 4 | 6, sourcePort: number): Buffer {
  const path = { family, mtu: MTU };
  const { bytes } = synOptionBytes(profile, { ...path, timestampValue: 0x11223344 });
  const flags = synFlags(profile, 0);
  const tcp = Buffer.alloc(20);
  tcp.writeUInt16BE(sourcePort, 0);
  tcp.writeUInt16BE(80, 2);
  tcp.writeUInt32BE(0x01020304, 4);
  tcp.writeUInt16BE(((20 + bytes.length) / 4) * 0x1000 + flags, 12);
  tcp.writeUInt16BE(offeredWindow(profile, path), 14);
  return Buffer.concat([tcp, bytes]);
}

/** RFC 1071. */
function checksum(bytes: Buffer): number {
  let sum = 0;
  for (let index = 0; index < bytes.length; index += 2) sum += (bytes[index]! << 8) | (bytes[index + 1] ?? 0);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}
