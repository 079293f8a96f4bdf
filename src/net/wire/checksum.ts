import { readU16 } from './big-endian.ts';

/*
 * Internet checksums: the one's complement of the one's complement sum of 16-bit words (RFC 1071). Sums can be added in
 * any order before they are folded, so what all packets of a kind have in common is summed once:
 *
 *     const template = sumBytes(header, 0, 20) + sumPseudoHeader(source, destination, TCP, 20);
 *     checksum = finishChecksum(template + (seq >>> 16) + (seq & 0xffff));
 *
 * A sum stays exact up to 2^32, which is 128 KiB of any bytes.
 */

/**
 * Sum of the 16-bit words from `at` to `end`; an odd byte at the end counts as the upper half of a word.
 * @param end not beyond the bytes
 */
export function sumBytes(bytes: Uint8Array, at: number, end: number): number {
  let sum = 0;
  let place = at;
  for (; place + 1 < end; place += 2) sum += readU16(bytes, place);
  return place < end ? sum + (bytes[place]! << 8) : sum;
}

/**
 * Sum of the pseudo-header of a TCP, UDP or ICMPv6 checksum (RFC 9293 section 3.1, RFC 8200 section 8.1).
 * @param source, destination 4 bytes each, or 16 each
 * @param transportBytes header and payload, 0-65535
 */
export function sumPseudoHeader(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  transportBytes: number,
): number {
  return (
    sumBytes(source, 0, source.length) +
    sumBytes(destination, 0, destination.length) +
    protocol +
    transportBytes
  );
}

/**
 * The sum folded to 16 bits. 0xffff over everything that a checksum covers, itself included, means that it is correct.
 */
export function foldSum(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/** The checksum for a sum in which its own field counted as zero. */
export function finishChecksum(sum: number): number {
  return ~foldSum(sum) & 0xffff;
}
