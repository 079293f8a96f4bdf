import { formatAddress } from '../../net/addresses.ts';
import { decodeQuoted } from '../../net/wire/decode.ts';
import { createIcmp, type Icmp, readIcmp } from '../../net/wire/icmp.ts';
import { PROTOCOL } from '../../net/wire/ip.ts';
import { addressBytes, createPacket, type Packet } from '../../net/wire/packet.ts';
import type { IcmpSeen } from './types.ts';

/** Reads ICMP errors about TCP. The same object is filled for each error. */
export class IcmpQuote {
  readonly #icmp: Icmp = createIcmp();
  /** The start of the packet that caused the error: addresses, ports, sequence number. */
  readonly packet: Packet = createPacket();

  /** @returns whether it is an error about a TCP packet */
  read(bytes: Uint8Array, packet: Readonly<Packet>): boolean {
    const icmp = this.#icmp;
    if (!readIcmp(icmp, bytes, packet) || icmp.quotedAt < 0) return false;
    if (decodeQuoted(this.packet, bytes, icmp.quotedAt, icmp.quotedEnd) !== undefined) return false;
    return this.packet.protocol === PROTOCOL.TCP && this.packet.seq >= 0;
  }

  /** @param packet the error itself */
  seen(bytes: Uint8Array, { version, sourceAt }: Readonly<Packet>): IcmpSeen {
    const { type, code } = this.#icmp;
    return { type, code, sender: formatAddress(bytes.subarray(sourceAt, sourceAt + addressBytes(version))) };
  }
}
