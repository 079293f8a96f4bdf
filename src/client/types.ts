/** How a client chooses the initial sequence number of a connection. */
export type IsnPolicy =
  /** By RFC 6528: a clock of 4 us a step plus a secret hash of the four addresses and ports. */
  | 'rfc6528'
  /** One clock for all connections, 1 us a step, as RFC 793 had it. */
  | 'clock'
  | 'random'
  /** The same number each time a tuple is used. */
  | 'repeat';

/** Explicit congestion notification as the SYN asks for it: RFC 3168, or AccECN (RFC 9768). */
export type EcnMode = 'off' | 'ecn' | 'accecn';

/** A TCP option of a SYN (RFC 9293, 7323, 2018, 7413); `nop` and `end` pad. */
export type SynOption =
  | 'mss'
  | 'nop'
  | 'window-scale'
  | 'sack-permitted'
  | 'timestamps'
  | 'fast-open'
  | 'end';

/**
 * A TCP client as the network sees it: everything in its packets that the operating system decides. Pure data; the
 * packet engine plays it.
 */
export interface ClientProfile {
  /** Time to live (hop limit) of its packets, 1-255. */
  readonly ttl: number;
  /** Differentiated services code point, 0-63. */
  readonly dscp: number;
  /** IP identification of IPv4 packets, all of which carry "don't fragment". */
  readonly ipId: 'zero' | 'counter' | 'random';
  /** Options of the SYN, in order. With the padding they fill whole 32-bit words, at most 40 bytes. */
  readonly synOptions: readonly SynOption[];
  /**
   * Maximum segment size offered over IPv4 with an MTU of 1,500, bytes; 20 less over IPv6. A smaller MTU of the link
   * lowers it.
   */
  readonly mss: number;
  /** Receive window of the SYN, bytes: never scaled (RFC 7323 section 2.2). 1-65535. */
  readonly synWindow: number;
  /** Window scale offered, 0-14; used only with the option. */
  readonly windowScale: number;
  /** Receive window after the handshake, bytes, before scaling. */
  readonly window: number;
  readonly isn: IsnPolicy;
  readonly ecn: EcnMode;
  /** Steps of its timestamp clock a second; used only with the option. */
  readonly timestampHz: number;
  /** Waits after the first SYN, the second and so on, microseconds: there is a SYN more than waits. */
  readonly synWaitsUs: readonly number[];
  /** Retransmission timer of data and FIN before there is a better estimate, and its lowest value; microseconds. */
  readonly rtoUs: number;
  readonly minRtoUs: number;
  /** Longest delay of an acknowledgement, microseconds. */
  readonly delayedAckUs: number;
  /** Ports that it chooses from, and how. */
  readonly ports: { readonly from: number; readonly to: number; readonly order: 'sequential' | 'random' };
}
