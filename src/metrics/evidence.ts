import type { NotedKind } from './noted.ts';
import type { SeriesName } from './types.ts';

/** A packet of an attempt's handshake, seen on this machine; -1 where it does not tell. */
export interface PacketSeen {
  /** Microseconds since the first SYN of the attempt that was seen, or since the first packet without one. */
  readonly atUs: number;
  /** `out`: to the endpoint; `in`: from it, or from whoever sent an ICMP error. */
  readonly way: 'out' | 'in';
  readonly kind: 'syn' | 'syn-ack' | 'ack' | 'rst' | 'fin' | 'icmp';
  /** It had been sent before. */
  readonly again?: true;
  /** Of what came: which copy of the SYN was the last to be sent before it, from 0; -1: none. */
  readonly afterSyn?: number;
  /** Of what came: whether it is about this attempt's SYN, or about another segment, or says nothing of it. */
  readonly about?: 'this' | 'another' | 'nothing';
  /** As it arrived here, or left. */
  readonly ttl: number;
  readonly ipId: number;
  /** Unsigned. Of ICMP the sequence number that it quotes. */
  readonly seq: number;
  readonly ack: number;
  readonly window: number;
  /** Of a SYN or SYN-ACK. */
  readonly options?: OptionsSeen;
  readonly icmp?: { readonly type: number; readonly code: number; readonly sender: string };
  /** Of an RST or bare acknowledgement that came: whether TTL and IP ID are like those of the endpoint's SYN-ACKs. */
  readonly ttlOfSynAcks?: Likeness;
  readonly ipIdOfSynAcks?: Likeness;
}

/** `unknown`: no SYN-ACK of the endpoint was seen. */
export type Likeness = 'same' | 'other' | 'unknown';

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

/** What was seen of one attempt: a line of evidence.jsonl. */
export interface Evidence {
  series: SeriesName;
  attempt: number;
  kind: NotedKind;
  /** When it was started, microseconds since the run's start. */
  atUs: number;
  /** "address:port". */
  endpoint: string;
  /** "address:port" of this machine, as its packets had it; "" if none was seen. */
  source: string;
  /** Interface of the first packet; "" if none was seen. */
  interface: string;
  /** What met its SYNs, see outcome/syn-answer.ts. */
  met: string;
  packets: readonly PacketSeen[];
  /** More were seen than are listed. */
  packetsLeftOut: number;
  /** From the first SYN, and from the last one before it, to the first SYN-ACK for this SYN; null: none came. */
  sinceFirstSynUs: number | null;
  rttUs: number | null;
  /** The capture lost packets while this attempt lasted: what was not seen may have been there. */
  isPartial?: true;
  /** Bytes of capture/near.pcapng that hold its packets; absent: it had no room for them. */
  capture?: readonly [from: number, to: number];
}
