/** TCP flags as they stand in the header's 13th and 14th byte (RFC 9293 section 3.1). */
export const FIN = 0x01;
export const SYN = 0x02;
export const RST = 0x04;
export const PSH = 0x08;
export const ACK = 0x10;
export const URG = 0x20;
export const ECE = 0x40;
export const CWR = 0x80;
/** Accurate ECN (RFC 9768 section 5). */
export const AE = 0x100;

/** Why a frame has no complete packet that could be read. */
export type Unread =
  | 'cut short'
  | 'not IP'
  | 'malformed'
  | 'later fragment'
  | 'nested too deeply'
  | 'unknown link type';

/** Encapsulations that were removed, one bit each. */
export const TUNNEL = { VLAN: 1, QINQ: 2, PPPOE: 4, GRE: 8, VXLAN: 16, IP_IN_IP: 32 } as const;

/**
 * What a frame contains: its innermost IP packet and the transport header. One object is reused for all frames; copy
 * what you keep. Positions are offsets into the decoded bytes; -1 where there is none, as for everything that the frame
 * does not contain.
 */
export interface Packet {
  /** Of the innermost Ethernet header. */
  sourceMacAt: number;
  destinationMacAt: number;
  /** Type of what the innermost link header contains, see ETHER_TYPE. */
  etherType: number;
  /** Where that begins: the IP header, or the ARP message. */
  networkAt: number;
  /** Outermost VLAN id. */
  vlan: number;
  /** Bits of {@link TUNNEL}. */
  tunnels: number;

  /** 0: not IP. */
  version: 4 | 6 | 0;
  /** Of the IP header, including IPv4's options but not IPv6's extension headers. */
  headerBytes: number;
  sourceAt: number;
  destinationAt: number;
  /** Time to live, or hop limit. */
  ttl: number;
  /** DSCP and ECN, 8 bits. */
  trafficClass: number;
  /** Identification; for IPv6, only of a fragment. */
  ipId: number;
  /** Of IPv4; IPv6 is never fragmented on the path. */
  dontFragment: boolean;
  /** Of a fragment: bytes before it, and whether more follow. */
  fragmentOffset: number;
  moreFragments: boolean;

  /** The last of the IP header and its extensions. */
  protocol: number;
  /** Where the transport header begins. */
  transportAt: number;
  /** Bytes from there on according to the IP header, captured or not. */
  transportBytes: number;
  /** Where the captured bytes of this packet end; padding follows. */
  end: number;

  /** Of TCP and UDP. */
  sourcePort: number;
  destinationPort: number;
  /** Of TCP, as all that follows; unsigned. */
  seq: number;
  ack: number;
  /** {@link FIN} to {@link AE}; 0 if the frame does not contain them. */
  flags: number;
  window: number;
  /** Options: those that were captured. */
  optionsAt: number;
  optionsEnd: number;
  /** Payload: where it begins, and its bytes on the wire. */
  payloadAt: number;
  payloadBytes: number;
}

export function createPacket(): Packet {
  const packet = { tunnels: 0 } as Packet;
  clearPacket(packet);
  return packet;
}

/** Resets a packet to the state in which nothing is known. */
export function clearPacket(packet: Packet): void {
  packet.sourceMacAt = -1;
  packet.destinationMacAt = -1;
  packet.vlan = -1;
  packet.tunnels = 0;
  clearNetwork(packet);
}

/** Discards the IP packet that contained the innermost one. */
export function clearNetwork(packet: Packet): void {
  packet.etherType = -1;
  packet.networkAt = -1;
  packet.version = 0;
  packet.headerBytes = -1;
  packet.sourceAt = -1;
  packet.destinationAt = -1;
  packet.ttl = -1;
  packet.trafficClass = -1;
  packet.ipId = -1;
  packet.dontFragment = false;
  packet.fragmentOffset = 0;
  packet.moreFragments = false;
  packet.protocol = -1;
  packet.transportAt = -1;
  packet.transportBytes = -1;
  packet.end = -1;
  packet.sourcePort = -1;
  packet.destinationPort = -1;
  packet.seq = -1;
  packet.ack = -1;
  packet.flags = 0;
  packet.window = -1;
  packet.optionsAt = -1;
  packet.optionsEnd = -1;
  packet.payloadAt = -1;
  packet.payloadBytes = -1;
}

/** Bytes of an address of {@link Packet.version}. */
export function addressBytes(version: number): 4 | 16 {
  return version === 4 ? 4 : 16;
}
