import type { Quantiles } from '../../metrics/histogram.ts';
import type { AnswerSeen, HandshakeEnd } from '../handshakes/types.ts';

/** What was told of one file. */
export interface FileReport {
  /** As it was named. */
  readonly path: string;
  readonly frames: number;
  /** Link types and their frames: `Ethernet`, `Linux cooked v2`. */
  readonly links: Readonly<Record<string, number>>;
  /** RFC 3339, of the first packet and the last; null: it has no times. */
  readonly from: string | null;
  readonly to: string | null;
  /** Frames of which not all was captured. */
  readonly cut: number;
  /** Lost while capturing, as far as the file says so; null: it does not. */
  readonly dropped: number | null;
  /** Frames that are earlier than the one before. */
  readonly backwards: number;
  /** Frames that are no whole IP packet, by reason. */
  readonly unread: Readonly<Record<string, number>>;
  /** What is odd about it: sentences without its name. */
  readonly remarks: readonly string[];
}

/** What met a handshake's first SYN, before the second copy of it. */
export type Met =
  | 'syn-ack'
  /** It acknowledges another SYN. */
  | 'foreign-syn-ack'
  /** As of TIME_WAIT, or of a connection that is still there. */
  | 'bare-ack'
  | 'rst'
  | 'icmp'
  | 'silence'
  /** It was answered, as the client's acknowledgement shows, but the answer is not in the capture. */
  | 'unseen';

/** A stalled handshake. */
export interface StallSeen {
  readonly client: string;
  readonly clientPort: number;
  readonly server: string;
  readonly serverPort: number;
  /** RFC 3339, of the first SYN; null: no time. */
  readonly at: string | null;
  /** Frame of the first SYN in its file. */
  readonly frame: number;
  /** From the first SYN to its end, or to the last packet. */
  readonly waitUs: number;
  readonly fate: 'recovered' | 'frozen';
  readonly syns: number;
  readonly met: Met;
  /** All that came before the handshake was done, in words of AnswerSeen: `ack another`. */
  readonly answers: readonly {
    readonly kind: AnswerSeen['kind'];
    readonly acknowledges: AnswerSeen['acknowledges'];
  }[];
  /** Since the last packet of the connection before with the same addresses and ports; null: none was seen. */
  readonly reuseAgeUs: number | null;
}

/** Connections to one server. */
export interface ServerReport {
  readonly server: string;
  readonly port: number;
  readonly connections: number;
  readonly stalled: number;
  readonly unanswered: number;
  /** Connections that ended by a RST. */
  readonly reset: number;
  readonly handshakeUs: Quantiles;
}

export interface ClusterReport {
  readonly what: 'handshakes' | 'first bytes' | 'gaps';
  readonly atSec: number;
  readonly count: number;
  readonly of: number;
}

/** Captures, read from their beginning to their end: what `rushhour pcap --json` prints. */
export interface CaptureReport {
  readonly schema: 1;
  readonly files: readonly FileReport[];
  /** From the first packet to the last. */
  readonly durationUs: number;
  /** TCP connections of which anything was captured. */
  readonly connections: number;
  /** Of them: with neither SYN nor SYN-ACK. */
  readonly beganEarlier: number;
  /** With a SYN or a SYN-ACK, and of them: established. */
  readonly handshakes: number;
  readonly established: number;
  /** Packets: SYNs, those of them sent again, SYN-ACKs, RSTs. */
  readonly syns: number;
  readonly synRetransmissions: number;
  readonly synAcks: number;
  readonly resets: number;
  /** Handshakes whose SYN met nothing at all; of them, those begun less than a second before the capture ended. */
  readonly unanswered: number;
  readonly unansweredAtEnd: number;
  /** As rushhour judges its own: 0.9 s or longer, and a SYN that was sent again. */
  readonly stalled: { readonly count: number; readonly recovered: number; readonly frozen: number };
  /** Sent again but faster; as long but not sent again. */
  readonly healed: number;
  readonly slow: number;
  /** Handshakes with a SYN by what met the first copy of it: all, and those that stalled. */
  readonly answers: Readonly<Partial<Record<Met, number>>>;
  readonly stalledAnswers: Readonly<Partial<Record<Met, number>>>;
  /** ICMP errors about TCP, by type and code: `3/1`. */
  readonly icmp: Readonly<Record<string, number>>;
  readonly ends: Readonly<Record<HandshakeEnd, number>>;
  /** From the first SYN to the client's acknowledgement of the SYN-ACK; to the server's first byte. */
  readonly handshakeUs: Quantiles;
  readonly firstByteUs: Quantiles;
  /** Longest silence of each connection, behind its handshake. */
  readonly gapUs: Quantiles;
  /** Segments sent again behind the handshake. */
  readonly retransmissions: { readonly fromClients: number; readonly fromServers: number };
  /** Connections with the addresses and ports of one before, and the time since its last packet. */
  readonly reused: { readonly count: number; readonly stalled: number; readonly ageUs: Quantiles };
  readonly clusters: readonly ClusterReport[];
  /** Those with most connections, and how many more there are. */
  readonly servers: readonly ServerReport[];
  readonly serversLeftOut: number;
  readonly stalls: readonly StallSeen[];
  readonly stallsLeftOut: number;
  /** What is odd about all of it. */
  readonly remarks: readonly string[];
}
