/** VXLAN header (RFC 7348, section 5) and the inner Ethernet header: where the inner IPv4 packet starts. */
const INNER_IP = 8 + 14;
const ETHERTYPE_AT = INNER_IP - 2;
const ETHERTYPE_IPV4 = 0x0800;
const IPV4_HEADER_BYTES = 20;

/** Offset of the checksum in the header of each protocol, by its number. */
const CHECKSUM_OFFSET = new Map([
  [6, 16], // TCP, RFC 9293
  [17, 6], // UDP, RFC 768
]);

/**
 * Computes the TCP or UDP checksum of the packet inside a tunnel's datagram, in place. Linux leaves that to the network
 * card, which a veth pair lacks: kernels on the same host do not check, but a process that forwards packets has to do
 * the card's part.
 */
export function completeChecksum(datagram: Buffer): void {
  if (datagram.length < INNER_IP + IPV4_HEADER_BYTES) return;
  if (datagram.readUInt16BE(ETHERTYPE_AT) !== ETHERTYPE_IPV4) return;
  const start = INNER_IP + (datagram.readUInt8(INNER_IP) & 0x0f) * 4;
  const end = Math.min(datagram.length, INNER_IP + datagram.readUInt16BE(INNER_IP + 2));
  const protocol = datagram.readUInt8(INNER_IP + 9);
  const at = start + (CHECKSUM_OFFSET.get(protocol) ?? Number.POSITIVE_INFINITY);
  if (at + 2 > end) return;

  datagram.writeUInt16BE(0, at);
  // The pseudo-header: both addresses, protocol and length.
  let sum = protocol + (end - start);
  sum += sumWords(datagram, INNER_IP + 12, INNER_IP + 20) + sumWords(datagram, start, end);
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  datagram.writeUInt16BE(~sum & 0xffff || 0xffff, at);
}

/** At most 32,768 words of 16 bits: the sum fits 31 bits. */
function sumWords(bytes: Buffer, from: number, to: number): number {
  let sum = 0;
  let at = from;
  for (; at + 1 < to; at += 2) sum += ((bytes[at] ?? 0) << 8) | (bytes[at + 1] ?? 0);
  return at < to ? sum + ((bytes[at] ?? 0) << 8) : sum;
}
