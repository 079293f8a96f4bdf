import { decodeFrame, decodeQuoted } from './decode.ts';
import { createIcmp, ICMP_BYTES, readIcmp } from './icmp.ts';
import { PROTOCOL } from './ip.ts';
import { createPacket } from './packet.ts';

/** An ICMP error need not quote more of TCP than ports and sequence number (RFC 792). */
const LEAST_QUOTED_BYTES = 8;

/** Finds where the headers of frames end: what follows is what people send each other. One of these reads many frames. */
export class HeadersEnd {
  readonly #packet = createPacket();
  readonly #quoted = createPacket();
  readonly #icmp = createIcmp();

  /**
   * @param at where the frame begins
   * @param end where what was captured of it ends
   * @param linkType see link-types.ts
   * @returns behind the header of TCP, or of the TCP that an ICMP error quotes; for anything else, and for what cannot be read,
   *   `at`: nothing of it is known to be a header
   */
  find(bytes: Uint8Array, at: number, end: number, linkType: number): number {
    const packet = this.#packet;
    if (decodeFrame(packet, bytes, at, end, linkType) !== undefined) return at;
    if (packet.protocol === PROTOCOL.TCP) return packet.payloadAt < 0 ? at : packet.payloadAt;
    const icmp = this.#icmp;
    if (!readIcmp(icmp, bytes, packet)) return at;
    const icmpEnd = packet.transportAt + ICMP_BYTES;
    if (icmp.quotedAt < 0) return icmpEnd;
    const quoted = this.#quoted;
    // It is nearly always cut short, and then only as much of it is read as is there.
    decodeQuoted(quoted, bytes, icmp.quotedAt, icmp.quotedEnd);
    if (quoted.protocol !== PROTOCOL.TCP || quoted.transportAt < 0) return icmpEnd;
    const quotedEnd = quoted.payloadAt < 0 ? quoted.transportAt + LEAST_QUOTED_BYTES : quoted.payloadAt;
    return Math.min(quotedEnd, end);
  }
}
