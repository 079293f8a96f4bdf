import { writeU16 } from './big-endian.ts';

/** Destination, source and type (IEEE 802.3). */
export const ETHERNET_BYTES = 14;

/** EtherTypes (IANA, IEEE 802 Numbers). */
export const ETHER_TYPE = {
  IPV4: 0x0800,
  ARP: 0x0806,
  /** Transparent Ethernet bridging, in GRE (RFC 7637). */
  BRIDGED: 0x6558,
  /** IEEE 802.1Q. */
  VLAN: 0x8100,
  IPV6: 0x86dd,
  /** RFC 2516. */
  PPPOE_SESSION: 0x8864,
  /** IEEE 802.1ad, and the value used before it. */
  SERVICE_VLAN: 0x88a8,
  QINQ_9100: 0x9100,
  QINQ_9200: 0x9200,
} as const;

export const BROADCAST_MAC: Uint8Array = new Uint8Array(6).fill(0xff);

/** A host on its link: its Ethernet address and its IP address. */
export interface Station {
  /** 6 bytes. */
  readonly mac: Uint8Array;
  /** 4 bytes of IPv4 or 16 of IPv6. */
  readonly address: Uint8Array;
}

/**
 * Writes an Ethernet header at the start of a frame.
 * @param destination, source 6 bytes each
 * @returns where the payload begins
 */
export function writeEthernet(
  into: Uint8Array,
  destination: Uint8Array,
  source: Uint8Array,
  etherType: number,
): number {
  into.set(destination, 0);
  into.set(source, 6);
  writeU16(into, 12, etherType);
  return ETHERNET_BYTES;
}
