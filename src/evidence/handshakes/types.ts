/** What the options of a SYN or of its answer said; -1 where it had none such. */
export interface OptionsSeen {
  readonly mss: number;
  readonly windowScale: number;
  readonly sackPermitted: boolean;
  readonly timestamp: number;
  readonly timestampEcho: number;
  /** Kinds in their order, as text: `2,4,8,1,3`. */
  readonly kinds: string;
}

/** What stands in the headers of every packet that is kept; -1 where it does not tell. */
export interface HeaderSeen {
  /** Number of the frame, as whoever handed it over counts: in a capture from 1. */
  readonly number: number;
  /** On the clock of the capture; NaN: it has no time for this frame. */
  readonly atUs: number;
  /** Time to live, or hop limit, as it arrived where the capture was made. */
  readonly ttl: number;
  readonly ipId: number;
  /** DSCP and ECN, 8 bits. */
  readonly trafficClass: number;
}

/** A copy of a handshake's SYN. */
export interface SynSeen extends HeaderSeen {
  /** Initial sequence number, unsigned: the same in all copies, or it is another handshake. */
  readonly isn: number;
  /** 0 but in the SYNs of some middleboxes. */
  readonly ack: number;
  readonly window: number;
  /** Flags of the TCP header: an ECN SYN loses two of them when it is sent again. */
  readonly flags: number;
  /** Data in the SYN: Fast Open. */
  readonly payloadBytes: number;
  readonly options: OptionsSeen;
}

/** What met a SYN before the handshake was done. */
export interface AnswerSeen extends HeaderSeen {
  readonly kind: 'syn-ack' | 'ack' | 'rst' | 'icmp';
  /**
   * Whether its acknowledgement, or what an ICMP error quotes, belongs to this handshake's SYN. `nothing`: a RST without
   * acknowledgement, or a handshake whose SYN was not seen.
   */
  readonly acknowledges: 'this' | 'another' | 'nothing';
  /** Unsigned; -1 of ICMP. */
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  readonly options: OptionsSeen;
  readonly icmp: IcmpSeen | undefined;
}

export interface IcmpSeen {
  readonly type: number;
  readonly code: number;
  /** Address of the router or host that sent it. */
  readonly sender: string;
}

/** What one end of a connection sent, as far as it was seen. */
export interface SideSeen {
  /** Packets, without copies that the capture has twice. */
  readonly packets: number;
  /** Payload on the wire, without what was sent again. */
  readonly bytes: number;
  /** First byte of payload behind the handshake; NaN: none was seen. */
  readonly firstByteAtUs: number;
  /** Segments with payload or FIN whose bytes had been sent before, behind the handshake. */
  readonly retransmissions: number;
  readonly fins: number;
  readonly rsts: number;
  /** First FIN and first RST; NaN: none. */
  readonly finAtUs: number;
  readonly rstAtUs: number;
}

/** How a connection was last seen. */
export type HandshakeEnd =
  /** A FIN from each side, or from the one that was captured. */
  | 'closed'
  /** A RST from either side. */
  | 'reset'
  /** Neither, until the capture was over, or nothing more came for long. */
  | 'open';

/** One connection: its handshake in full, the rest in sums. */
export interface HandshakeSeen {
  readonly family: 4 | 6;
  /** Who sent the SYN, or to whom the SYN-ACK went; in a connection begun before the capture, who has the higher port. */
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;

  /** Copies of the SYN in the order in which they came, at most {@link MAX_SYNS}; `synCount` counts all of them. */
  readonly syns: readonly SynSeen[];
  readonly synCount: number;
  /** At most {@link MAX_ANSWERS}; `answerCount` counts all of them. */
  readonly answers: readonly AnswerSeen[];
  readonly answerCount: number;
  /** First SYN-ACK that acknowledges this SYN; NaN: none was seen. */
  readonly answeredAtUs: number;
  /** First acknowledgement by the client of a SYN-ACK, or of the server's first bytes; NaN: none was seen. */
  readonly establishedAtUs: number;

  readonly fromClient: SideSeen;
  readonly fromServer: SideSeen;
  /** First packet and last one. */
  readonly firstAtUs: number;
  readonly lastAtUs: number;
  /** Longest time without a packet behind the handshake, and when it began; NaN: fewer than two packets there. */
  readonly gapUs: number;
  readonly gapAtUs: number;
  readonly end: HandshakeEnd;

  /** Neither SYN nor SYN-ACK was seen: it began before the capture, or the capture lost them. */
  readonly beganEarlier: boolean;
  /** Packets that the capture has twice, as one of several interfaces does. */
  readonly copies: number;
  /** Packets above any MTU: put together by the network card or the kernel before they were captured. */
  readonly merged: number;
  /** Of the connection before with the same addresses and ports: its last packet, and how it was seen; NaN and undefined: none. */
  readonly previousAtUs: number;
  readonly previousEnd: HandshakeEnd | undefined;
  /** What whoever created the tracker wanted of the client's first bytes (a nonce); undefined: nothing was found. */
  readonly token: string | undefined;
}

/** Kept of one handshake: a client's whole schedule, and its answers. */
export const MAX_SYNS = 16;
export const MAX_ANSWERS = 16;
