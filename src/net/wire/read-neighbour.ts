import { readU32 } from './big-endian.ts';
import { foldSum, sumBytes } from './checksum.ts';
import type { Station } from './ethernet.ts';
import { PROTOCOL } from './ip.ts';
import {
  MAC_OPTION_BYTES,
  NEIGHBOUR_ADVERTISEMENT,
  NEIGHBOUR_HOP_LIMIT,
  NEIGHBOUR_MESSAGE_BYTES,
  NEIGHBOUR_SOLICITATION,
  OVERRIDE,
  SOLICITED,
  SOURCE_MAC_OPTION,
  solicitedNodeOf,
  TARGET_MAC_OPTION,
} from './neighbour-discovery.ts';
import type { Packet } from './packet.ts';

/** First byte of multicast addresses. */
const MULTICAST = 0xff;

/** A neighbour solicitation or advertisement; views of the bytes that were read, to be copied if they are kept. */
export interface Neighbour {
  /** {@link NEIGHBOUR_SOLICITATION} or {@link NEIGHBOUR_ADVERTISEMENT}. */
  readonly type: number;
  /** Address ::, a probe (RFC 4862). The MAC is that of the option, or else of the Ethernet header. */
  readonly sender: Station;
  /** Address that is asked about or announced. */
  readonly target: Uint8Array;
  /** Flags of an advertisement. */
  readonly isSolicited: boolean;
  readonly isOverride: boolean;
}

/**
 * Reads neighbour solicitations and advertisements that pass the checks of RFC 4861 sections 7.1.1 and 7.1.2.
 * @param packet decoded from `bytes`, from Ethernet
 * @returns undefined: it is neither, it is invalid or from beyond the link, or it was not captured completely
 */
export function readNeighbour(bytes: Uint8Array, packet: Readonly<Packet>): Neighbour | undefined {
  if (!isMessage(bytes, packet) || !isChecksumRight(bytes, packet)) return undefined;
  const { transportAt: at, end, sourceMacAt } = packet;
  const isAdvertisement = bytes[at] === NEIGHBOUR_ADVERTISEMENT;
  const macAt = findMac(bytes, at, end, isAdvertisement ? TARGET_MAC_OPTION : SOURCE_MAC_OPTION);
  if (macAt === undefined) return undefined;
  const address = bytes.subarray(packet.sourceAt, packet.sourceAt + 16);
  const destination = bytes.subarray(packet.destinationAt, packet.destinationAt + 16);
  const target = bytes.subarray(at + 8, at + NEIGHBOUR_MESSAGE_BYTES);
  const flags = isAdvertisement ? readU32(bytes, at + 4) : 0;
  const isSolicited = (flags & SOLICITED) !== 0;
  if (target[0] === MULTICAST || (isSolicited && destination[0] === MULTICAST)) return undefined;
  if (!isAdvertisement && address.every((byte) => byte === 0)) {
    const isProbe =
      macAt === -1 && solicitedNodeOf(destination).every((byte, index) => byte === destination[index]);
    if (!isProbe) return undefined;
  }
  const senderAt = macAt === -1 ? sourceMacAt : macAt;
  return {
    ...{ type: bytes[at]!, target, isSolicited, isOverride: (flags & OVERRIDE) !== 0 },
    sender: { mac: bytes.subarray(senderAt, senderAt + 6), address },
  };
}

function isMessage(bytes: Uint8Array, packet: Readonly<Packet>): boolean {
  const { transportAt: at, transportBytes, end } = packet;
  const isIcmp = packet.protocol === PROTOCOL.ICMPV6 && packet.version === 6 && at >= 0;
  if (!isIcmp || packet.sourceMacAt === -1 || packet.ttl !== NEIGHBOUR_HOP_LIMIT) return false;
  if (transportBytes < NEIGHBOUR_MESSAGE_BYTES || at + transportBytes !== end) return false;
  return (
    (bytes[at] === NEIGHBOUR_SOLICITATION || bytes[at] === NEIGHBOUR_ADVERTISEMENT) && bytes[at + 1] === 0
  );
}

function isChecksumRight(bytes: Uint8Array, packet: Readonly<Packet>): boolean {
  const { sourceAt, transportAt, transportBytes, end } = packet;
  const addresses = sumBytes(bytes, sourceAt, sourceAt + 32);
  return foldSum(addresses + PROTOCOL.ICMPV6 + transportBytes + sumBytes(bytes, transportAt, end)) === 0xffff;
}

/** Position of the option that names the sender's MAC; -1: none; undefined: the options are malformed. */
function findMac(bytes: Uint8Array, at: number, end: number, option: number): number | undefined {
  let macAt = -1;
  for (let place = at + NEIGHBOUR_MESSAGE_BYTES; place < end; ) {
    const length = place + 1 < end ? bytes[place + 1]! * 8 : 0;
    if (length === 0 || place + length > end) return undefined;
    if (bytes[place] === option && length === MAC_OPTION_BYTES) macAt = place + 2;
    place += length;
  }
  return macAt;
}
