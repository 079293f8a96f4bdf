import type { OptionsSeen } from '../../metrics/evidence.ts';

/** Header fields of every packet that is kept; -1 if unknown. */
export interface HeaderSeen {
  /** Number of the frame as the caller counts them: in a capture, from 1. */
  readonly number: number;
  /** On the clock of the capture; NaN if this frame has no time. */
  readonly atUs: number;
  /** Time to live, or hop limit, at the point of capture. */
  readonly ttl: number;
  readonly ipId: number;
  /** DSCP and ECN, 8 bits. */
  readonly trafficClass: number;
}

/** A copy of a handshake's SYN. */
export interface SynSeen extends HeaderSeen {
  /** Initial sequence number, unsigned: the same in all copies, or it is another handshake. */
  readonly isn: number;
  /** 0 except in the SYNs of some middleboxes. */
  readonly ack: number;
  readonly window: number;
  /** Flags of the TCP header: an ECN SYN loses two of them when it is retransmitted. */
  readonly flags: number;
  /** Data in the SYN: Fast Open. */
  readonly payloadBytes: number;
  readonly options: OptionsSeen;
}

/** What came back for a SYN before the handshake was over. */
export interface AnswerSeen extends HeaderSeen {
  readonly kind: 'syn-ack' | 'ack' | 'rst' | 'icmp';
  /**
   * Whether its acknowledgement, or the packet that an ICMP error quotes, belongs to this handshake's SYN. `nothing`: an RST
   * without acknowledgement, or a handshake whose SYN was not captured.
   */
  readonly acknowledges: 'this' | 'another' | 'nothing';
  /** Unsigned; -1 for ICMP. */
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

/** What one end of a connection sent, as far as it was captured. */
export interface SideSeen {
  /** Packets, without duplicates in the capture. */
  readonly packets: number;
  /** Payload on the wire, without retransmissions. */
  readonly bytes: number;
  /** First byte of payload after the handshake; NaN: none was captured. */
  readonly firstByteAtUs: number;
  /** Segments with payload or FIN whose bytes had been sent before, after the handshake. */
  readonly retransmissions: number;
  readonly fins: number;
  readonly rsts: number;
  /** First FIN and first RST; NaN: none. */
  readonly finAtUs: number;
  readonly rstAtUs: number;
  /**
   * Shortest time from a segment with payload or FIN to its acknowledgement, behind the handshake: from where the capture was made to
   * the other end and back; NaN: none was seen.
   */
  readonly minRttUs: number;
}

/** How a connection was last seen. */
export type HandshakeEnd =
  /** A FIN from each side, or from the only side captured. */
  | 'closed'
  /** An RST from either side. */
  | 'reset'
  /** Neither, until the capture ended or the connection had been idle for long. */
  | 'open';

/** One connection: its handshake in full, the rest in sums. */
export interface HandshakeSeen {
  readonly family: 4 | 6;
  /** The sender of the SYN or the receiver of the SYN-ACK; if the connection began before the capture, the end with the higher port. */
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;

  /** Copies of the SYN in order of arrival, at most {@link MAX_SYNS}; `synCount` counts all of them. */
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
  /** Longest time without a packet after the handshake, and when it began; NaN: fewer than two packets there. */
  readonly gapUs: number;
  readonly gapAtUs: number;
  readonly end: HandshakeEnd;

  /** Neither SYN nor SYN-ACK was seen: it began before the capture, or the capture lost them. */
  readonly beganEarlier: boolean;
  /** Packets that the capture contains twice, as on several interfaces. */
  readonly copies: number;
  /** Packets above any MTU: merged by the network card or the kernel before they were captured. */
  readonly merged: number;
  /** The previous connection with the same addresses and ports: its last packet, and how it was seen; NaN and undefined: none. */
  readonly previousAtUs: number;
  readonly previousEnd: HandshakeEnd | undefined;
  /** What the tracker's creator extracts from the client's first bytes (a nonce); undefined: not found. */
  readonly token: string | undefined;
}

/** Limits per handshake: a client's whole schedule, and its answers. */
export const MAX_SYNS = 16;
export const MAX_ANSWERS = 16;
