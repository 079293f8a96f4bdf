import type { Quantiles } from './histogram.ts';
import type { NotedKind } from './noted.ts';
import type { SeriesName } from './types.ts';

/** What answers a SYN. */
export const ANSWER_KINDS = ['syn-ack', 'ack', 'rst', 'icmp'] as const;
export type AnswerKind = (typeof ANSWER_KINDS)[number];

/**
 * What became of a SYN that left this machine, by what both sides captured. Observations: what lost or changed a packet in between is
 * not seen.
 */
export const SYN_FATES = [
  /** Nothing at the far side is sure to belong to it. */
  'unmatched',
  /** The far side saw no such SYN, although it was capturing and the way in between leaves sequence numbers as they are. */
  'not-seen',
  /** It arrived, and the far side answered nothing. */
  'unanswered',
  /** It arrived, and none of what the far side answered came back, or of several SYN-ACKs not all; by what it answered first. */
  'syn-ack-lost',
  'ack-lost',
  'rst-lost',
  'icmp-lost',
  /** It arrived, and an answer came back; by what that was. */
  'syn-ack-returned',
  'ack-returned',
  'rst-returned',
  'icmp-returned',
  /** This machine was answered by what the far side never sent. */
  'answered-by-another',
] as const;
export type SynFate = (typeof SYN_FATES)[number];

/**
 * By what a handshake of one side is known again at the other, the surest first: the client's sequence number, the nonce in its
 * request, the timestamp in its SYN. Never by ports.
 */
export const MATCHED_BY = ['isn', 'nonce', 'timestamp'] as const;
export type MatchedBy = (typeof MATCHED_BY)[number];

/** What of a SYN arrived otherwise than it left. */
export const SYN_CHANGES = ['isn', 'options', 'mss', 'trafficClass'] as const;
export type SynChange = (typeof SYN_CHANGES)[number];

/** How a NAT in between gives external ports; `none`: neither addresses nor ports are translated; `unknown`: too few handshakes. */
export const NAT_KINDS = ['none', 'port-preserving', 'sequential', 'random', 'unknown'] as const;
export type NatKind = (typeof NAT_KINDS)[number];

export interface AddressAndPort {
  readonly address: string;
  readonly port: number;
}

/** How far the far clock is ahead of this machine's; it is off by no more than its uncertainty, microseconds. */
export interface ClockOffset {
  readonly us: number;
  readonly uncertaintyUs: number;
}

/** One copy of an attempt's SYN. */
export interface FarSyn {
  /** Microseconds since the attempt's first SYN left, by this machine's clock. */
  readonly atUs: number;
  /** The same of its arrival, by the far clock less {@link FarSummary.clockOffset}; null: it was not seen to arrive. */
  readonly arrivedAtUs: number | null;
  /** What the far side answered before the next copy arrived, in order. */
  readonly answered: readonly AnswerKind[];
  /** What came back here before the next copy left, in order. */
  readonly returned: readonly AnswerKind[];
  readonly fate: SynFate;
}

/** A packet as the far side saw it. */
export interface FarPacket {
  /** As {@link FarSyn.arrivedAtUs}. */
  readonly atUs: number;
  /** `in`: it arrived there; `out`: it left there. */
  readonly way: 'in' | 'out';
  readonly kind: 'syn' | AnswerKind;
  /** Whether this machine's capture has it too. */
  readonly isSeenNear: boolean;
}

/** What both sides saw of one attempt: a line of far.jsonl. */
export interface FarAttempt {
  readonly series: SeriesName;
  readonly attempt: number;
  readonly kind: NotedKind;
  /** When it was started, microseconds since the run's start. */
  readonly atUs: number;
  /** null: not matched; then the far side's fields are null or empty. */
  readonly by: MatchedBy | null;
  /** From where its SYN arrived, and what it was sent to, as the far side saw it. */
  readonly external: AddressAndPort | null;
  readonly destination: AddressAndPort | null;
  /** What became of its first SYN; `unmatched` where no SYN of it was captured here. */
  readonly fate: SynFate;
  /** At most 16. */
  readonly syns: readonly FarSyn[];
  readonly changes: readonly SynChange[];
  /** Since the far side last saw a packet of the connection before from the same external address and port; null: it saw none. */
  readonly reuseAgeUs: number | null;
  /** How the far side had seen that connection last; null: it saw none. */
  readonly previousEnd: 'closed' | 'reset' | 'open' | null;
  /** What met it here, and was never sent by the far side. */
  readonly invented: readonly AnswerKind[];
  /** At most 32. */
  readonly packets: readonly FarPacket[];
}

/** A capture that was read. */
export interface FarFile {
  /** As it was named. */
  readonly path: string;
  readonly frames: number;
  /** RFC 3339, of the first packet and the last; null: it has no times. */
  readonly from: string | null;
  readonly to: string | null;
  /** Lost while capturing, as far as the file says so; null: it does not. */
  readonly dropped: number | null;
  /** What is odd about it: sentences without its name. */
  readonly remarks: readonly string[];
}

/** Sums of one series. */
export interface FarSeries {
  /** Lines of far.jsonl, and those of them that were matched. */
  readonly kept: number;
  readonly matched: number;
  /** Kept attempts by kind and by what became of their first SYN: `{"frozen": {"ack-lost": 12}}`. */
  readonly fates: Readonly<Partial<Record<NotedKind, Readonly<Partial<Record<SynFate, number>>>>>>;
}

/** One of several far hosts. */
export interface FarHost {
  /** Its captures, as they were named. */
  readonly paths: readonly string[];
  /** As of {@link FarSummary}, of this host alone. */
  readonly farHandshakes: number;
  readonly matched: number;
  readonly clockOffset: ClockOffset | null;
}

/**
 * External ports towards the destination that most handshakes were for, and how many of them were taken when SYNs did not arrive. A port
 * is taken while a connection has it, and after that for the shortest time after which any was seen again.
 */
export interface FarPorts {
  /** Different ones, of all external addresses, and handshakes that came from them. */
  readonly ports: number;
  readonly handshakes: number;
  /** Stalled SYNs that never arrived; how many ports were taken at those times: the fewest, in the median, and the most. */
  readonly missed: number;
  readonly takenAtLeast: number;
  readonly takenMedian: number;
  readonly takenMost: number;
  /** In the median, and the most, where a port is taken for as long as nine of ten rested; absent: before rushhour told it. */
  readonly takenMedianByMany?: number;
  readonly takenMostByMany?: number;
  /** Handshakes after the first of those, and ports that came with them for the first time. */
  readonly later: number;
  readonly laterNew: number;
  /** The shortest time from the last packet of a closed connection to the next one from its port; null: none came. */
  readonly restUs: number | null;
}

/** What both sides of a run saw: far.json. */
export interface FarSummary {
  readonly schema: 1;
  /** RFC 3339, when both sides were joined. */
  readonly joinedAt: string;
  readonly near: FarFile;
  readonly far: readonly FarFile[];
  readonly attempts: {
    /** Those in evidence.jsonl. */
    readonly kept: number;
    /** Of them: with a SYN in capture/near.pcapng; and found again at the far side. */
    readonly captured: number;
    readonly matched: number;
    readonly by: Readonly<Partial<Record<MatchedBy, number>>>;
  };
  /** Handshakes in the far capture that began while the run lasted; most belong to attempts of which no packets were kept. */
  readonly farHandshakes: number;
  readonly series: Readonly<Record<SeriesName, FarSeries>>;
  /** null: no attempt had its SYN-ACK on both sides, or there are several far hosts. */
  readonly clockOffset: ClockOffset | null;
  readonly nat: {
    readonly kind: NatKind;
    /** Of the matched: with the same port on both sides. */
    readonly portsKept: number;
    /** From which they came; at most 64, `externalAddressCount` counts all. */
    readonly externalAddresses: readonly string[];
    readonly externalAddressCount: number;
    /** Absent: no SYN of a stalled attempt was missed there, or there are several far hosts. */
    readonly ports?: FarPorts;
  };
  /**
   * Time since the connection before with the same external address and port, as the far side saw it: of all handshakes from the
   * external addresses, and of those attempts that stalled.
   */
  readonly reuseAgeUs: { readonly all: Quantiles; readonly stalled: Quantiles };
  /** Matched attempts whose SYN arrived otherwise than it left. */
  readonly changes: Readonly<Record<SynChange, number>>;
  /** Matched attempts that were met here by an RST, a SYN-ACK that the far side never sent. */
  readonly resetsInvented: number;
  readonly synAcksInvented: number;
  /** Far hosts, where there are several; each has its own clock. */
  readonly hosts?: readonly FarHost[];
  /** What limits what can be said: sentences. */
  readonly remarks: readonly string[];
}
