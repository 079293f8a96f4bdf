import { readU16, writeU16 } from './big-endian.ts';
import { BROADCAST_MAC, ETHER_TYPE, ETHERNET_BYTES, type Station, writeEthernet } from './ethernet.ts';

/** ARP of IPv4 over Ethernet (RFC 826). */
const ARP_BYTES = 28;

/** Frames are not padded: the device that sends them does that. */
export const ARP_FRAME_BYTES: number = ETHERNET_BYTES + ARP_BYTES;

/** Operations (IANA, Address Resolution Protocol Parameters). */
export const ARP_REQUEST = 1;
export const ARP_REPLY = 2;

/** Hardware type of Ethernet. */
const ETHERNET = 1;

const NO_MAC = new Uint8Array(6);
const NO_ADDRESS = new Uint8Array(4);

export interface Arp {
  /** {@link ARP_REQUEST}, {@link ARP_REPLY} or any other number. */
  readonly operation: number;
  /** Address 0.0.0.0: a probe (RFC 5227). */
  readonly sender: Station;
  /** The MAC is meaningless in a request. */
  readonly target: Station;
}

/**
 * Asks which host has an address.
 * @param into at least {@link ARP_FRAME_BYTES}, written from its start, as by all functions here
 * @returns length of the frame
 */
export function writeArpRequest(into: Uint8Array, sender: Station, targetAddress: Uint8Array): number {
  const target = { mac: NO_MAC, address: targetAddress };
  return writeArp(into, BROADCAST_MAC, { operation: ARP_REQUEST, sender, target });
}

/** Asks which host has an address, without claiming one (RFC 5227 section 2.1.1). */
export function writeArpProbe(into: Uint8Array, mac: Uint8Array, address: Uint8Array): number {
  return writeArpRequest(into, { mac, address: NO_ADDRESS }, address);
}

/** Announces that the sender has an address (RFC 5227 section 2.3). */
export function writeArpAnnouncement(into: Uint8Array, sender: Station): number {
  return writeArpRequest(into, sender, sender.address);
}

/** @param asker sender of the request being answered, which may have been a probe */
export function writeArpReply(into: Uint8Array, sender: Station, asker: Station): number {
  return writeArp(into, asker.mac, { operation: ARP_REPLY, sender, target: asker });
}

function writeArp(into: Uint8Array, destination: Uint8Array, arp: Arp): number {
  const at = writeEthernet(into, destination, arp.sender.mac, ETHER_TYPE.ARP);
  writeU16(into, at, ETHERNET);
  writeU16(into, at + 2, ETHER_TYPE.IPV4);
  into[at + 4] = 6;
  into[at + 5] = 4;
  writeU16(into, at + 6, arp.operation);
  into.set(arp.sender.mac, at + 8);
  into.set(arp.sender.address, at + 14);
  into.set(arp.target.mac, at + 18);
  into.set(arp.target.address, at + 24);
  return at + ARP_BYTES;
}

/**
 * Reads ARP of IPv4 over Ethernet.
 * @param bytes untrusted
 * @param at where the ARP begins, after the Ethernet header
 * @param end where the captured bytes end
 * @returns views of `bytes`, to be copied if they are kept; undefined: cut short, or of other networks
 */
export function readArp(bytes: Uint8Array, at: number, end: number): Arp | undefined {
  if (at + ARP_BYTES > Math.min(end, bytes.length)) return undefined;
  const isOfIpv4 = readU16(bytes, at) === ETHERNET && readU16(bytes, at + 2) === ETHER_TYPE.IPV4;
  if (!isOfIpv4 || bytes[at + 4] !== 6 || bytes[at + 5] !== 4) return undefined;
  return {
    operation: readU16(bytes, at + 6),
    sender: readStation(bytes, at + 8),
    target: readStation(bytes, at + 18),
  };
}

function readStation(bytes: Uint8Array, at: number): Station {
  return { mac: bytes.subarray(at, at + 6), address: bytes.subarray(at + 6, at + 10) };
}
