import {
  ARP_FRAME_BYTES,
  ARP_REPLY,
  ARP_REQUEST,
  readArp,
  writeArpProbe,
  writeArpReply,
  writeArpRequest,
} from '../wire/arp.ts';
import { ETHERNET_BYTES, type Station } from '../wire/ethernet.ts';
import {
  NEIGHBOUR_ADVERTISEMENT,
  NEIGHBOUR_FRAME_BYTES,
  NEIGHBOUR_SOLICITATION,
  writeNeighbourAdvertisement,
  writeNeighbourProbe,
  writeNeighbourSolicitation,
} from '../wire/neighbour-discovery.ts';

/** What a host on the link said about addresses. */
export interface LinkMessage {
  /** The sender; a view, like the others. */
  readonly mac: Uint8Array;
  /** The address that the sender claims; all zero in a probe, which claims none. */
  readonly claims: Uint8Array;
  /** The address that it asks about; undefined: it answers, or announces. */
  readonly asks: Uint8Array | undefined;
  /** The address that it is sent to: a host's, or a group's. */
  readonly to: Uint8Array;
}

/** How hosts on a link find each other: ARP for IPv4 (RFC 826), neighbour discovery for IPv6 (RFC 4861). */
export interface AddressResolution {
  readonly frameBytes: number;
  /** Asks which host has an address. @returns length of the frame, like the others */
  writeRequest(into: Uint8Array, sender: Station, address: Uint8Array): number;
  /** Asks without claiming an address (RFC 5227, RFC 4862). */
  writeProbe(into: Uint8Array, mac: Uint8Array, address: Uint8Array): number;
  writeReply(into: Uint8Array, sender: Station, asker: Station): number;
  /** @returns undefined if it is nothing of the kind */
  read(frame: Uint8Array): LinkMessage | undefined;
}

const arp: AddressResolution = {
  frameBytes: ARP_FRAME_BYTES,
  writeRequest: writeArpRequest,
  writeProbe: writeArpProbe,
  writeReply: writeArpReply,
  read(frame) {
    const message = readArp(frame, ETHERNET_BYTES, frame.length);
    if (message === undefined) return undefined;
    const { operation, sender, target } = message;
    if (operation !== ARP_REQUEST && operation !== ARP_REPLY) return undefined;
    // An announcement asks about the same address that it claims (RFC 5227 section 2.3): it needs no answer.
    const isAnnouncement = sender.address.every((byte, index) => byte === target.address[index]);
    const asks = operation === ARP_REQUEST && !isAnnouncement ? target.address : undefined;
    return { mac: sender.mac, claims: sender.address, asks, to: target.address };
  },
};

/** Offsets in a frame with an IPv6 header and no extension header: RFC 4861 allows one, but no host sends any. */
const HOP_LIMIT_AT: number = ETHERNET_BYTES + 7;
const SOURCE_AT: number = ETHERNET_BYTES + 8;
const DESTINATION_AT: number = ETHERNET_BYTES + 24;
const MESSAGE_AT: number = ETHERNET_BYTES + 40;
const TARGET_AT: number = MESSAGE_AT + 8;
const OPTIONS_AT: number = MESSAGE_AT + 24;
const MAC_OPTION_BYTES = 8;

const neighbourDiscovery: AddressResolution = {
  frameBytes: NEIGHBOUR_FRAME_BYTES,
  writeRequest: writeNeighbourSolicitation,
  writeProbe: writeNeighbourProbe,
  writeReply: writeNeighbourAdvertisement,
  read(frame) {
    // 255: it comes from this link (RFC 4861 section 7.1).
    if (frame.length < OPTIONS_AT || frame[HOP_LIMIT_AT] !== 255) return undefined;
    const target = frame.subarray(TARGET_AT, OPTIONS_AT);
    const mac = readMacOption(frame) ?? frame.subarray(6, 12);
    const to = frame.subarray(DESTINATION_AT, DESTINATION_AT + 16);
    switch (frame[MESSAGE_AT]) {
      case NEIGHBOUR_SOLICITATION:
        return { mac, claims: frame.subarray(SOURCE_AT, SOURCE_AT + 16), asks: target, to };
      case NEIGHBOUR_ADVERTISEMENT:
        return { mac, claims: target, asks: undefined, to };
      default:
        return undefined;
    }
  },
};

/** Source or target link-layer address, whichever the message has: it comes first among all known options. */
function readMacOption(frame: Uint8Array): Uint8Array | undefined {
  for (let at = OPTIONS_AT; at + MAC_OPTION_BYTES <= frame.length; ) {
    const [type, words] = [frame[at], frame[at + 1]!];
    if (words === 0) return undefined;
    if ((type === 1 || type === 2) && words === 1) return frame.subarray(at + 2, at + 8);
    at += words * MAC_OPTION_BYTES;
  }
  return undefined;
}

export function resolutionOf(family: 4 | 6): AddressResolution {
  return family === 4 ? arp : neighbourDiscovery;
}

/** A key for sets and maps of addresses: the same for the same bytes. */
export function keyOf(address: Uint8Array): string {
  return String.fromCharCode(...address);
}
