import { writeU16, writeU32 } from './big-endian.ts';
import { finishChecksum, sumBytes, sumPseudoHeader } from './checksum.ts';
import { ETHER_TYPE, ETHERNET_BYTES, type Station, writeEthernet } from './ethernet.ts';
import { IPV6_BYTES, PROTOCOL, writeIpv6 } from './ip.ts';

/** Types of ICMPv6 (RFC 4861 sections 4.3 and 4.4). */
export const NEIGHBOUR_SOLICITATION = 135;
export const NEIGHBOUR_ADVERTISEMENT = 136;

/** Type, code, checksum, flags, target. */
export const NEIGHBOUR_MESSAGE_BYTES = 24;
/** Options: type, length in units of 8, an Ethernet address (RFC 4861 section 4.6.1, RFC 2464 section 6). */
export const SOURCE_MAC_OPTION = 1;
export const TARGET_MAC_OPTION = 2;
export const MAC_OPTION_BYTES = 8;

/** The longest frame written here. */
export const NEIGHBOUR_FRAME_BYTES: number =
  ETHERNET_BYTES + IPV6_BYTES + NEIGHBOUR_MESSAGE_BYTES + MAC_OPTION_BYTES;

/** Flags of an advertisement; the highest bit is a router's. */
export const SOLICITED = 0x4000_0000;
export const OVERRIDE = 0x2000_0000;

/** Proves that no router forwarded the message (RFC 4861 sections 7.1.1 and 7.1.2). */
export const NEIGHBOUR_HOP_LIMIT = 255;

const UNSPECIFIED = new Uint8Array(16);
/** ff02::1 */
const ALL_NODES = new Uint8Array([0xff, 2, ...new Array<number>(13).fill(0), 1]);

/**
 * Asks which host has an address (RFC 4861 section 7.2.2).
 * @param into at least {@link NEIGHBOUR_FRAME_BYTES}, written from its start, as by all functions here
 * @returns length of the frame
 */
export function writeNeighbourSolicitation(into: Uint8Array, sender: Station, target: Uint8Array): number {
  return writeNeighbourMessage(into, {
    ...{ type: NEIGHBOUR_SOLICITATION, flags: 0, source: sender.address, target },
    ...{ option: SOURCE_MAC_OPTION, mac: sender.mac },
    ...toGroup(solicitedNodeOf(target)),
  });
}

/** Asks which host has an address, without claiming one (duplicate address detection, RFC 4862 section 5.4.2). */
export function writeNeighbourProbe(into: Uint8Array, mac: Uint8Array, address: Uint8Array): number {
  return writeNeighbourMessage(into, {
    ...{ type: NEIGHBOUR_SOLICITATION, flags: 0, source: UNSPECIFIED, target: address },
    ...{ option: undefined, mac },
    ...toGroup(solicitedNodeOf(address)),
  });
}

/**
 * States that the sender has an address, overriding what was known before (RFC 4861 sections 7.2.4 and 7.2.6).
 * @param asker sender of the solicitation being answered; after a probe, or without one, sent to all nodes
 */
export function writeNeighbourAdvertisement(into: Uint8Array, sender: Station, asker?: Station): number {
  const isAsked = asker?.address.some((byte) => byte !== 0) === true;
  return writeNeighbourMessage(into, {
    ...{ type: NEIGHBOUR_ADVERTISEMENT, flags: isAsked ? SOLICITED | OVERRIDE : OVERRIDE },
    ...{ source: sender.address, target: sender.address, option: TARGET_MAC_OPTION, mac: sender.mac },
    ...(isAsked ? { destination: asker.address, destinationMac: asker.mac } : toGroup(ALL_NODES)),
  });
}

/**
 * The group to which a host with an address listens (RFC 4291 section 2.7.1): ff02::1:ff and the address's last three
 * bytes.
 */
export function solicitedNodeOf(address: Uint8Array): Uint8Array {
  const group = new Uint8Array([0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, 0, 0, 0]);
  group.set(address.subarray(13), 13);
  return group;
}

/** The Ethernet address of an IPv6 multicast group (RFC 2464 section 7): 33-33 and its last four bytes. */
export function macOfGroup(group: Uint8Array): Uint8Array {
  return new Uint8Array([0x33, 0x33, ...group.subarray(12)]);
}

function toGroup(group: Uint8Array): { destination: Uint8Array; destinationMac: Uint8Array } {
  return { destination: group, destinationMac: macOfGroup(group) };
}

interface NeighbourMessage {
  readonly type: number;
  readonly flags: number;
  readonly source: Uint8Array;
  readonly destination: Uint8Array;
  readonly destinationMac: Uint8Array;
  readonly target: Uint8Array;
  /** Type of the option that contains `mac`, the sender's; undefined: none. */
  readonly option: number | undefined;
  readonly mac: Uint8Array;
}

function writeNeighbourMessage(into: Uint8Array, message: NeighbourMessage): number {
  const { source, destination, option, mac } = message;
  const payloadBytes = NEIGHBOUR_MESSAGE_BYTES + (option === undefined ? 0 : MAC_OPTION_BYTES);
  const ipAt = writeEthernet(into, message.destinationMac, mac, ETHER_TYPE.IPV6);
  const at = writeIpv6(into, ipAt, {
    ...{ source, destination, nextHeader: PROTOCOL.ICMPV6, payloadBytes, hopLimit: NEIGHBOUR_HOP_LIMIT },
  });
  into[at] = message.type;
  into[at + 1] = 0;
  writeU16(into, at + 2, 0);
  writeU32(into, at + 4, message.flags);
  into.set(message.target, at + 8);
  if (option !== undefined) {
    into[at + 24] = option;
    into[at + 25] = MAC_OPTION_BYTES / 8;
    into.set(mac, at + 26);
  }
  const end = at + payloadBytes;
  const pseudo = sumPseudoHeader(source, destination, PROTOCOL.ICMPV6, payloadBytes);
  writeU16(into, at + 2, finishChecksum(pseudo + sumBytes(into, at, end)));
  return end;
}
