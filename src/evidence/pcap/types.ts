import type { Quantiles } from '../../metrics/histogram.ts';
import type { AnswerSeen, HandshakeEnd } from '../handshakes/types.ts';

/** What is reported about one file. */
export interface FileReport {
  /** As it was named. */
  readonly path: string;
  readonly frames: number;
  /** Link types and their frames: `Ethernet`, `Linux cooked v2`. */
  readonly links: Readonly<Record<string, number>>;
  /** RFC 3339, of the first packet and the last; null: it has no times. */
  readonly from: string | null;
  readonly to: string | null;
  /** Frames that were not captured completely. */
  readonly cut: number;
  /** Dropped while capturing, according to the file; null: it does not say. */
  readonly dropped: number | null;
  /** Frames that are earlier than the frame before them. */
  readonly backwards: number;
  /** Frames that are not a complete IP packet, by reason. */
  readonly unread: Readonly<Record<string, number>>;
  /** What is odd about it: sentences without its name. */
  readonly remarks: readonly string[];
}

/** What came back for a handshake's first SYN, before its second copy. */
export type Met =
  | 'syn-ack'
  /** It acknowledges another SYN. */
  | 'foreign-syn-ack'
  /** As from TIME_WAIT, or from a connection that still exists. */
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
  /** Everything that came back before the handshake was over, in AnswerSeen's words: `ack another`. */
  readonly answers: readonly {
    readonly kind: AnswerSeen['kind'];
    readonly acknowledges: AnswerSeen['acknowledges'];
  }[];
  /** Since the last packet of the previous connection with the same addresses and ports; null: none was seen. */
  readonly reuseAgeUs: number | null;
}

/** Connections to one server. */
export interface ServerReport {
  readonly server: string;
  readonly port: number;
  readonly connections: number;
  readonly stalled: number;
  readonly unanswered: number;
  /** Connections ended by an RST. */
  readonly reset: number;
  readonly handshakeUs: Quantiles;
}

export interface ClusterReport {
  readonly what: 'handshakes' | 'first bytes' | 'gaps';
  readonly atSec: number;
  readonly count: number;
  readonly of: number;
}

/** What `rushhour pcap --json` prints. */
export interface CaptureReport {
  readonly schema: 1;
  readonly files: readonly FileReport[];
  /** From the first packet to the last. */
  readonly durationUs: number;
  /** TCP connections with at least one captured packet. */
  readonly connections: number;
  /** Of these, connections without SYN and SYN-ACK. */
  readonly beganEarlier: number;
  /** Connections with a SYN or a SYN-ACK, and how many of these were established. */
  readonly handshakes: number;
  readonly established: number;
  /** Packets: SYNs, the retransmissions among them, SYN-ACKs, RSTs. */
  readonly syns: number;
  readonly synRetransmissions: number;
  readonly synAcks: number;
  readonly resets: number;
  /** Handshakes without any answer; of these, those that began less than a second before the capture ended. */
  readonly unanswered: number;
  readonly unansweredAtEnd: number;
  /** As rushhour judges its own: 0.9 s or longer, and a retransmitted SYN. */
  readonly stalled: { readonly count: number; readonly recovered: number; readonly frozen: number };
  /** Retransmitted but faster; as long but not retransmitted. */
  readonly healed: number;
  readonly slow: number;
  /** Handshakes with a SYN by what came back for its first copy: all, and the stalled ones. */
  readonly answers: Readonly<Partial<Record<Met, number>>>;
  readonly stalledAnswers: Readonly<Partial<Record<Met, number>>>;
  /** ICMP errors about TCP, by type and code: `3/1`. */
  readonly icmp: Readonly<Record<string, number>>;
  readonly ends: Readonly<Record<HandshakeEnd, number>>;
  /** From the first SYN to the client's acknowledgement of the SYN-ACK; to the server's first byte. */
  readonly handshakeUs: Quantiles;
  readonly firstByteUs: Quantiles;
  /** Longest silence of each connection after its handshake. */
  readonly gapUs: Quantiles;
  /** Segments retransmitted after the handshake. */
  readonly retransmissions: { readonly fromClients: number; readonly fromServers: number };
  /** Connections on the addresses and ports of an earlier one, and the time since its last packet. */
  readonly reused: { readonly count: number; readonly stalled: number; readonly ageUs: Quantiles };
  readonly clusters: readonly ClusterReport[];
  /** The servers with the most connections, and how many others there are. */
  readonly servers: readonly ServerReport[];
  readonly serversLeftOut: number;
  readonly stalls: readonly StallSeen[];
  readonly stallsLeftOut: number;
  /** What is odd about the whole capture. */
  readonly remarks: readonly string[];
}
