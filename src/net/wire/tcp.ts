import { writeU16, writeU32 } from './big-endian.ts';
import { finishChecksum, sumBytes, sumPseudoHeader } from './checksum.ts';
import { PROTOCOL } from './ip.ts';

/** Without options (RFC 9293 section 3.1). */
export const TCP_BYTES = 20;
/** The header's length has 4 bits. */
export const MAX_TCP_OPTION_BYTES = 40;

export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  /** 32 bits each, unsigned or not. */
  readonly seq: number;
  readonly ack: number;
  /** FIN to AE of packet.ts. */
  readonly flags: number;
  /** As it appears in the header, 16 bits. */
  readonly window: number;
  /** At most {@link MAX_TCP_OPTION_BYTES}; padded to whole words with ends of options. */
  readonly options?: Uint8Array;
  readonly payload?: Uint8Array;
}

/** Bytes of a segment, for the IP header. */
export function tcpBytes({ options, payload }: TcpSegment): number {
  return TCP_BYTES + wholeWords(options?.length ?? 0) + (payload?.length ?? 0);
}

/**
 * Writes a segment, to follow an IP header.
 * @param source, destination of the IP packet, for the checksum: 4 bytes each, or 16 each
 * @returns where it ends
 */
export function writeTcp(
  into: Uint8Array,
  at: number,
  segment: TcpSegment,
  source: Uint8Array,
  destination: Uint8Array,
): number {
  const { options, payload } = segment;
  const optionBytes = wholeWords(options?.length ?? 0);
  const end = at + tcpBytes(segment);
  writeU16(into, at, segment.sourcePort);
  writeU16(into, at + 2, segment.destinationPort);
  writeU32(into, at + 4, segment.seq);
  writeU32(into, at + 8, segment.ack);
  writeU16(into, at + 12, (((TCP_BYTES + optionBytes) / 4) << 12) | segment.flags);
  writeU16(into, at + 14, segment.window);
  // Checksum and urgent pointer.
  writeU32(into, at + 16, 0);
  into.fill(0, at + TCP_BYTES, at + TCP_BYTES + optionBytes);
  if (options !== undefined) into.set(options, at + TCP_BYTES);
  if (payload !== undefined) into.set(payload, at + TCP_BYTES + optionBytes);
  const pseudo = sumPseudoHeader(source, destination, PROTOCOL.TCP, end - at);
  writeU16(into, at + 16, finishChecksum(pseudo + sumBytes(into, at, end)));
  return end;
}

function wholeWords(count: number): number {
  return Math.ceil(count / 4) * 4;
}
