import { encodeComment } from '../../net/capture/comment.ts';
import { encodeInterface, encodePacket, encodeSection } from '../../net/capture/pcapng-encode.ts';
import { SNAP_BYTES } from '../../net/packet-socket/handshake-filter.ts';
import { writeU16 } from '../../net/wire/big-endian.ts';
import { ETHER_TYPE, ETHERNET_BYTES } from '../../net/wire/ethernet.ts';
import type { NearPacket } from './seen-packets.ts';

/** As tcpdump calls it. */
const EVERY_INTERFACE = 'any';

/** The beginning of a capture of this machine's side. */
export function encodeHead(application: string): Uint8Array {
  return join([encodeSection(application), encodeInterface(EVERY_INTERFACE, SNAP_BYTES)]);
}

/** The packets of an attempt as pcapng blocks, each with a comment. */
export function encodePackets(packets: readonly NearPacket[], comment: string): Uint8Array {
  const remark = [encodeComment(comment)];
  return join(
    packets.map((one) => {
      const sec = Math.floor(one.wallUs / 1_000_000);
      const ns = Math.min(999_999_999, Math.round((one.wallUs - sec * 1_000_000) * 1_000));
      return encodePacket({ sec, ns }, toEthernet(one), ETHERNET_BYTES + one.wireBytes, remark);
    }),
  );
}

/** A frame from a link without Ethernet (a tunnel, PPP) gets a header without addresses: not every reader of pcapng accepts several link types. */
function toEthernet({ frame, networkAt, packet }: NearPacket): Uint8Array {
  if (networkAt === ETHERNET_BYTES) return frame;
  const made = new Uint8Array(ETHERNET_BYTES + frame.length - networkAt);
  writeU16(made, 12, packet.version === 6 ? ETHER_TYPE.IPV6 : ETHER_TYPE.IPV4);
  made.set(frame.subarray(networkAt), ETHERNET_BYTES);
  return made;
}

function join(parts: readonly Uint8Array[]): Uint8Array {
  const joined = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    joined.set(part, at);
    at += part.length;
  }
  return joined;
}
