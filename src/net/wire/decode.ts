import { readU16, readU32 } from './big-endian.ts';
import { decodeQuotedTcp, decodeTcp, decodeUdp } from './decode-transport.ts';
import { ETHER_TYPE, ETHERNET_BYTES } from './ethernet.ts';
import { isExtension, LEAST_EXTENSION_BYTES, readExtensionBytes } from './extensions.ts';
import { IPV4_BYTES, IPV6_BYTES, PROTOCOL } from './ip.ts';
import { LINK_TYPE } from './link-types.ts';
import { clearNetwork, clearPacket, type Packet, TUNNEL, type Unread } from './packet.ts';

/** Tags of two VLANs, the outer one belonging to a service provider. */
const VLANS: ReadonlySet<number> = new Set([
  ETHER_TYPE.VLAN,
  ETHER_TYPE.SERVICE_VLAN,
  ETHER_TYPE.QINQ_9100,
  ETHER_TYPE.QINQ_9200,
]);

/** PPP protocol numbers (RFC 1332, RFC 5072). */
const PPP_IPV4 = 0x0021;
const PPP_IPV6 = 0x0057;

const VXLAN_PORT = 4_789;
/** The I bit: the VXLAN network identifier is valid (RFC 7348 section 5). */
const VXLAN_HAS_ID = 0x08;

/** Maximum nesting of headers, extension headers included: no real network has more. */
const MAX_DEPTH = 24;

/** Address families in BSD's loopback header: IPv6's number differs between systems. */
const FAMILY_4 = 2;
const FAMILIES_6: ReadonlySet<number> = new Set([10, 24, 28, 30]);

/**
 * Reads a frame down to the innermost IP packet and its TCP or UDP header.
 *
 * @param packet filled with all that could be read
 * @param bytes hostile until read: no length in it is believed beyond `end`
 * @param at where the frame begins
 * @param end where what was captured of it ends
 * @param linkType see link-types.ts
 * @returns undefined: an IP packet, with its TCP or UDP header where it has one. Otherwise why not: of a 'later fragment'
 *   the IP header holds, and of what is 'not IP' its type and place, for arp.ts.
 */
export function decodeFrame(
  packet: Packet,
  bytes: Uint8Array,
  at: number,
  end: number,
  linkType: number,
): Unread | undefined {
  clearPacket(packet);
  return new Decoder(packet, bytes, end, false).readLink(linkType, at);
}

/**
 * Reads the packet that an ICMP error quotes (icmp.ts): no tunnel of it is opened, and of TCP eight bytes are enough, for
 * ports and sequence number.
 * @param at, end as icmp.ts says
 * @returns as {@link decodeFrame}
 */
export function decodeQuoted(packet: Packet, bytes: Uint8Array, at: number, end: number): Unread | undefined {
  clearPacket(packet);
  return new Decoder(packet, bytes, end, true).readLink(LINK_TYPE.RAW, at);
}

class Decoder {
  readonly #packet: Packet;
  readonly #bytes: Uint8Array;
  readonly #isQuoted: boolean;
  #end: number;
  #depth = 0;

  constructor(packet: Packet, bytes: Uint8Array, end: number, isQuoted: boolean) {
    this.#packet = packet;
    this.#bytes = bytes;
    this.#end = Math.min(end, bytes.length);
    this.#isQuoted = isQuoted;
  }

  readLink(linkType: number, at: number): Unread | undefined {
    switch (linkType) {
      case LINK_TYPE.ETHERNET:
        return this.#readEthernet(at);
      case LINK_TYPE.LINUX_SLL:
        return this.#has(at, 16) ? this.#readType(readU16(this.#bytes, at + 14), at + 16) : 'cut short';
      case LINK_TYPE.LINUX_SLL2:
        return this.#has(at, 20) ? this.#readType(readU16(this.#bytes, at), at + 20) : 'cut short';
      case LINK_TYPE.RAW:
      case LINK_TYPE.RAW_BSD:
      case LINK_TYPE.RAW_OPENBSD:
      case LINK_TYPE.IPV4:
      case LINK_TYPE.IPV6:
        return this.#readIp(at);
      case LINK_TYPE.NULL:
      case LINK_TYPE.LOOP:
        return this.#readLoopback(at);
      default:
        return 'unknown link type';
    }
  }

  #readEthernet(at: number): Unread | undefined {
    if (!this.#has(at, ETHERNET_BYTES)) return 'cut short';
    this.#packet.destinationMacAt = at;
    this.#packet.sourceMacAt = at + 6;
    return this.#readType(readU16(this.#bytes, at + 12), at + ETHERNET_BYTES);
  }

  /** In the byte order of the capturing machine, which the header does not specify; one of the bytes is the family. */
  #readLoopback(at: number): Unread | undefined {
    if (!this.#has(at, 4)) return 'cut short';
    const family = this.#bytes[at] === 0 ? this.#bytes[at + 3]! : this.#bytes[at]!;
    return family === FAMILY_4 || FAMILIES_6.has(family) ? this.#readIp(at + 4) : 'not IP';
  }

  #readType(type: number, at: number): Unread | undefined {
    const packet = this.#packet;
    packet.etherType = type;
    packet.networkAt = at;
    if (type === ETHER_TYPE.IPV4) return this.#readIpv4(at);
    if (type === ETHER_TYPE.IPV6) return this.#readIpv6(at);
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) return 'nested too deeply';
    if (VLANS.has(type)) return this.#readVlan(at);
    if (type === ETHER_TYPE.PPPOE_SESSION) return this.#readPppoe(at);
    return type === ETHER_TYPE.BRIDGED ? this.#readEthernet(at) : 'not IP';
  }

  #readVlan(at: number): Unread | undefined {
    if (!this.#has(at, 4)) return 'cut short';
    const packet = this.#packet;
    if (packet.vlan === -1) {
      packet.vlan = readU16(this.#bytes, at) & 0x0fff;
      packet.tunnels |= TUNNEL.VLAN;
    } else packet.tunnels |= TUNNEL.QINQ;
    return this.#readType(readU16(this.#bytes, at + 2), at + 4);
  }

  #readPppoe(at: number): Unread | undefined {
    if (!this.#has(at, 8)) return 'cut short';
    this.#packet.tunnels |= TUNNEL.PPPOE;
    const protocol = readU16(this.#bytes, at + 6);
    if (protocol === PPP_IPV4) return this.#readType(ETHER_TYPE.IPV4, at + 8);
    return protocol === PPP_IPV6 ? this.#readType(ETHER_TYPE.IPV6, at + 8) : 'not IP';
  }

  #readIp(at: number): Unread | undefined {
    if (!this.#has(at, 1)) return 'cut short';
    const version = this.#bytes[at]! >> 4;
    if (version === 4) return this.#readIpv4(at);
    return version === 6 ? this.#readIpv6(at) : 'not IP';
  }

  /** RFC 791 section 3.1. */
  #readIpv4(at: number): Unread | undefined {
    const bytes = this.#bytes;
    if (!this.#has(at, IPV4_BYTES)) return 'cut short';
    const headerBytes = (bytes[at]! & 0x0f) * 4;
    if (bytes[at]! >> 4 !== 4 || headerBytes < IPV4_BYTES) return 'malformed';
    if (!this.#has(at, headerBytes)) return 'cut short';
    // 0 if the network card does the segmentation, and in packets above 64 KiB (BIG TCP).
    const whole = readU16(bytes, at + 2) || this.#end - at;
    if (whole < headerBytes) return 'malformed';
    const flags = readU16(bytes, at + 6);
    this.#setNetwork(4, at, headerBytes, whole);
    const packet = this.#packet;
    packet.sourceAt = at + 12;
    packet.destinationAt = at + 16;
    packet.trafficClass = bytes[at + 1]!;
    packet.ipId = readU16(bytes, at + 4);
    packet.ttl = bytes[at + 8]!;
    packet.dontFragment = (flags & 0x4000) !== 0;
    packet.moreFragments = (flags & 0x2000) !== 0;
    packet.fragmentOffset = (flags & 0x1fff) * 8;
    packet.protocol = bytes[at + 9]!;
    if (packet.fragmentOffset !== 0) return 'later fragment';
    return this.#readProtocol(packet.protocol, at + headerBytes, whole - headerBytes);
  }

  /** RFC 8200 section 3. */
  #readIpv6(at: number): Unread | undefined {
    const bytes = this.#bytes;
    if (!this.#has(at, IPV6_BYTES)) return 'cut short';
    if (bytes[at]! >> 4 !== 6) return 'malformed';
    // 0: a jumbogram, or to be segmented by the network card.
    const whole = readU16(bytes, at + 4) || this.#end - at - IPV6_BYTES;
    this.#setNetwork(6, at, IPV6_BYTES, IPV6_BYTES + whole);
    const packet = this.#packet;
    packet.sourceAt = at + 8;
    packet.destinationAt = at + 24;
    packet.trafficClass = (readU16(bytes, at) >> 4) & 0xff;
    packet.ttl = bytes[at + 7]!;
    return this.#readProtocol(bytes[at + 6]!, at + IPV6_BYTES, whole);
  }

  /** @param whole bytes of the packet: what follows them is padding of its frame */
  #setNetwork(version: 4 | 6, at: number, headerBytes: number, whole: number): void {
    this.#end = Math.min(this.#end, at + whole);
    this.#packet.version = version;
    this.#packet.networkAt = at;
    this.#packet.headerBytes = headerBytes;
    this.#packet.end = this.#end;
  }

  /** @param left bytes of the packet from `at` on, captured or not */
  #readProtocol(protocol: number, at: number, left: number): Unread | undefined {
    this.#depth += 1;
    if (this.#depth > MAX_DEPTH) return 'nested too deeply';
    const packet = this.#packet;
    packet.protocol = protocol;
    if (!this.#has(at, 0)) return 'cut short';
    packet.transportAt = at;
    packet.transportBytes = left;
    if (protocol === PROTOCOL.TCP)
      return this.#isQuoted ? decodeQuotedTcp(packet, this.#bytes) : decodeTcp(packet, this.#bytes);
    if (protocol === PROTOCOL.UDP) return decodeUdp(packet, this.#bytes) ?? this.#readVxlan(at + 8);
    if (isExtension(protocol, packet.version)) return this.#readExtension(protocol, at, left);
    return this.#isQuoted ? undefined : this.#readTunnel(protocol, at);
  }

  #readTunnel(protocol: number, at: number): Unread | undefined {
    if (protocol === PROTOCOL.GRE) return this.#readGre(at);
    if (protocol !== PROTOCOL.IP_IN_IP && protocol !== PROTOCOL.IPV6_IN_IP) return undefined;
    this.#enterTunnel(TUNNEL.IP_IN_IP);
    return this.#readType(protocol === PROTOCOL.IP_IN_IP ? ETHER_TYPE.IPV4 : ETHER_TYPE.IPV6, at);
  }

  #readExtension(protocol: number, at: number, left: number): Unread | undefined {
    const bytes = this.#bytes;
    if (left < LEAST_EXTENSION_BYTES) return 'malformed';
    if (!this.#has(at, LEAST_EXTENSION_BYTES)) return 'cut short';
    const headerBytes = readExtensionBytes(protocol, bytes, at);
    if (headerBytes > left) return 'malformed';
    const next = bytes[at]!;
    if (protocol === PROTOCOL.FRAGMENT && this.#readFragment(at)) {
      this.#packet.protocol = next;
      this.#packet.transportAt = -1;
      this.#packet.transportBytes = -1;
      return 'later fragment';
    }
    return this.#readProtocol(next, at + headerBytes, left - headerBytes);
  }

  /** RFC 8200 section 4.5. @returns whether it is a later fragment than the first */
  #readFragment(at: number): boolean {
    const packet = this.#packet;
    packet.fragmentOffset = readU16(this.#bytes, at + 2) & 0xfff8;
    packet.moreFragments = (this.#bytes[at + 3]! & 1) !== 0;
    packet.ipId = readU32(this.#bytes, at + 4);
    return packet.fragmentOffset !== 0;
  }

  #readVxlan(at: number): Unread | undefined {
    const isVxlan =
      !this.#isQuoted &&
      this.#packet.destinationPort === VXLAN_PORT &&
      this.#has(at, 8) &&
      (this.#bytes[at]! & VXLAN_HAS_ID) !== 0;
    if (!isVxlan) return undefined;
    this.#enterTunnel(TUNNEL.VXLAN);
    return this.#readEthernet(at + 8);
  }

  /**
   * RFC 2784 and RFC 2890: optional fields as indicated by bits. Not read: source routes (RFC 1701), and version 1
   * (PPTP).
   */
  #readGre(at: number): Unread | undefined {
    if (!this.#has(at, 4)) return 'cut short';
    const flags = readU16(this.#bytes, at);
    if ((flags & 0x4007) !== 0) return undefined;
    const words = 1 + bit(flags, 0x8000) + bit(flags, 0x2000) + bit(flags, 0x1000);
    const type = readU16(this.#bytes, at + 2);
    const isRead = type === ETHER_TYPE.IPV4 || type === ETHER_TYPE.IPV6 || type === ETHER_TYPE.BRIDGED;
    if (!isRead) return undefined;
    this.#enterTunnel(TUNNEL.GRE);
    return this.#readType(type, at + words * 4);
  }

  #enterTunnel(tunnel: number): void {
    clearNetwork(this.#packet);
    this.#packet.tunnels |= tunnel;
  }

  #has(at: number, count: number): boolean {
    return at + count <= this.#end;
  }
}

function bit(flags: number, mask: number): 0 | 1 {
  return (flags & mask) === 0 ? 0 : 1;
}
