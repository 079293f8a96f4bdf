/** How a client chooses the initial sequence number of a connection. */
export type IsnPolicy =
  /** By RFC 6528: a clock plus a secret hash of the four addresses and ports. The step of the clock: `isnStepNs`. */
  | 'rfc6528'
  /** One clock for all connections, 1 us a step; RFC 793, whose idea it was, had 4 us. */
  | 'clock'
  | 'random'
  /** The same number each time a tuple is used. */
  | 'repeat';

export const ISN_POLICIES = ['rfc6528', 'clock', 'random', 'repeat'] as const satisfies readonly IsnPolicy[];

/** Explicit congestion notification as the SYN asks for it: RFC 3168, or AccECN (RFC 9768). */
export type EcnMode = 'off' | 'ecn' | 'accecn';

export const ECN_MODES = ['off', 'ecn', 'accecn'] as const satisfies readonly EcnMode[];

/**
 * How a client acknowledges the SYN-ACK: by a segment of its own, or by the request, which follows at once. Both are TCP; systems
 * do the latter where a program asks them to (Linux: TCP_QUICKACK 0 before connect(), see tcp_rcv_synsent_state_process()).
 */
export type HandshakeAck = 'separate' | 'with-request';

export const HANDSHAKE_ACKS = ['separate', 'with-request'] as const satisfies readonly HandshakeAck[];

/** A TCP option of a SYN (RFC 9293, 7323, 2018, 7413); `nop` and `end` pad. */
export type SynOption =
  | 'mss'
  | 'nop'
  | 'window-scale'
  | 'sack-permitted'
  | 'timestamps'
  | 'fast-open'
  | 'end';

/** The stack whose option order a client uses, see options.ts. */
export type Stack = 'windows' | 'linux' | 'xnu';

/**
 * A TCP client as the network sees it: everything in its packets that the operating system decides. Pure data; the
 * packet engine imitates it.
 */
export interface ClientProfile {
  readonly stack: Stack;
  /** Time to live (hop limit) of its packets, 1-255. */
  readonly ttl: number;
  /** Differentiated services code point, 0-63. */
  readonly dscp: number;
  /**
   * IP identification of IPv4 packets, all of which carry "don't fragment". `counter`: one more with each packet to the
   * same address; `random`: random for the SYN, one more with each later packet of the connection.
   */
  readonly ipId: 'zero' | 'counter' | 'random';
  /**
   * Options of the SYN, in order; padded with `end` to whole 32-bit words. At most 40 bytes. A retransmitted SYN omits
   * `fast-open`.
   */
  readonly synOptions: readonly SynOption[];
  /**
   * Maximum segment size offered over IPv4 with an MTU of 1,500, bytes; 20 less over IPv6. A smaller MTU of the link
   * lowers it: see offeredMss in syn.ts.
   */
  readonly mss: number;
  /** Receive window of the SYN, bytes: never scaled (RFC 7323 section 2.2). 1-65535. See offeredWindow in syn.ts. */
  readonly synWindow: number;
  /** The SYN's window is the largest multiple of the offered MSS that `synWindow` allows. */
  readonly isWindowInSegments: boolean;
  /** Window scale offered, 0-14; used only with the option. */
  readonly windowScale: number;
  /** Receive window after the handshake, bytes, before scaling. Without a scale at most 65,535 of it are visible. */
  readonly window: number;
  readonly isn: IsnPolicy;
  /** Step of the clock in `rfc6528`, nanoseconds: 4,000 in RFC 6528, shorter in systems made for faster networks. */
  readonly isnStepNs: number;
  readonly ecn: EcnMode;
  /** Ticks of its timestamp clock per second; used only with the option. */
  readonly timestampHz: number;
  /**
   * Where that clock starts. `tuple`: at a different value for each pair of addresses and ports; `hosts`: for each pair
   * of addresses; `boot`: one clock for all connections.
   */
  readonly timestampStart: 'tuple' | 'hosts' | 'boot';
  /** Waits after the first SYN, the second and so on, microseconds: one more SYN is sent than there are waits. */
  readonly synWaitsUs: readonly number[];
  /** Retransmission timer of data and FIN before there is a better estimate, and its minimum; microseconds. */
  readonly rtoUs: number;
  readonly minRtoUs: number;
  /** Maximum delay of an acknowledgement, microseconds. */
  readonly delayedAckUs: number;
  readonly handshakeAck: HandshakeAck;
  /** Ports that it chooses from, and how. */
  readonly ports: { readonly from: number; readonly to: number; readonly order: 'sequential' | 'random' };
}

/** What may differ from a profile. Absent: as in the profile. */
export interface ClientKnobs {
  readonly isn?: IsnPolicy;
  readonly timestamps?: boolean;
  readonly sack?: boolean;
  readonly ecn?: EcnMode;
  /** Ask for TCP Fast Open (RFC 7413) in each first SYN. */
  readonly fastOpen?: boolean;
  /** Window of the SYN, and after the handshake before scaling; bytes, 1-65535. */
  readonly window?: number;
  /** 0-14; `off`: without the option. */
  readonly windowScale?: number | 'off';
  /** As in ClientProfile. */
  readonly mss?: number;
  readonly ttl?: number;
  readonly dscp?: number;
  readonly synWaitsUs?: readonly number[];
  readonly handshakeAck?: HandshakeAck;
}
