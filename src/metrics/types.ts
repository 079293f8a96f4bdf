import type { Cut } from '../outcome/cut.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { placesOf } from '../outcome/places.ts';
import type { Quantiles } from './histogram.ts';

/**
 * What is timed, for every series. Measured from the intended start; the `-service` twins from the actual one.
 * `total` ends with the last byte of the response, and includes an earlier connection that the far end closed after
 * its challenge. `cutAge`: how old a held connection was when something cut it; those found to be cut only later are
 * excluded. `challenge`, `tunnel`, `tls`: how long the far end took to ask for credentials, to open the tunnel, and
 * for TLS, each from when it could begin. `object`, `page`: for browsers. `mint`: the cost of creating a token,
 * separate from any connection. `rtt`: the round trip by tcpi_rtt right after the handshake; none if the system has
 * no sample, as for a retransmitted SYN without TCP timestamps (Karn's algorithm, RFC 6298 section 3).
 */
export const TIMED = [
  'handshake',
  'firstByte',
  'total',
  'handshake-service',
  'firstByte-service',
  'total-service',
  'cutAge',
  'challenge',
  'tunnel',
  'tls',
  'object',
  'page',
  'mint',
  'rtt',
] as const;
export type Timed = (typeof TIMED)[number];

/**
 * Their positions in that list: per-attempt counts are indexed by number, because names would have to be looked up.
 */
export const TIMED_AT = placesOf(TIMED);

/**
 * A series is the unit of counting: an arm's measured phases (`stress`), or its ramps (`stress~ramp`), which are
 * recorded but excluded from the verdict.
 */
export type SeriesName = string;
export const RAMP_SUFFIX = '~ramp';

/** Counts of one series within one frame. Counts by key omit zeros. */
export interface SeriesCounts {
  scheduled: number;
  started: number;
  unsent: number;
  established: number;
  /** Ended as the scenario expected (outcome `ok`). */
  completed: number;
  /** What users asked for: for browsers each object, otherwise an attempt, however many connections it took. */
  requests: number;
  /** Responses that asked for credentials (407, 401). */
  challenges: number;
  /** Stalled = recovered + frozen + unresolved. */
  recovered: number;
  frozen: number;
  unresolved: number;
  healed: number;
  slow: number;
  bytes: number;
  /** When the first and last attempts began, and when the last one ended; -1: none. */
  firstBegunUs: number;
  lastBegunUs: number;
  lastEndUs: number;
  /** Handshakes by number of SYN retransmissions: { "0": n, "1": n }; unknown ones are omitted. */
  synRetransmits: Record<string, number>;
  /**
   * Connections that carried a request, by the number of segments retransmitted on them after the handshake: { "0":
   * n, "1": n }; unknown ones are omitted. Frames of an earlier version lack it.
   */
  requestRetransmits: Record<string, number>;
  outcomes: Partial<Record<Outcome, number>>;
  /** Responses by HTTP status: { "200": n, "407": n }; see statuses.ts. Frames of an earlier version lack them. */
  statuses: Record<string, number>;
  /** The proxy's responses to CONNECT, likewise; those of the origin behind it are in `statuses`. */
  tunnelStatuses: Record<string, number>;
  /**
   * Attempts challenged with schemes other than their own, by those schemes: { "Digest, NTLM": n }; see
   * named-counts.ts. Frames of an earlier version lack them.
   */
  schemesOffered: Record<string, number>;
  /** What refused SYNs: { "RST": n, "ICMP port-unreachable (3/3) from 10.0.0.1": n }; likewise. */
  refusals: Record<string, number>;
  /** Proxies' names for their own errors: { "Squid: ERR_CONNECT_FAIL": n }; likewise. */
  errorNames: Record<string, number>;
  /**
   * Attempts with `unexpected-content`, by the condition that the response did not meet: { 'contains "Welcome"': n }.
   */
  unmetContent: Record<string, number>;
  /**
   * What met the SYNs of attempts whose packets were looked at: { "stalled silence": n }; see answer-names.ts. Absent
   * where there were none: each frame of a long soak would have it.
   */
  synAnswers?: Record<string, number>;
  /** Held connections that were cut, by how; see outcome/cut.ts. Frames of an earlier version lack them. */
  cuts: Partial<Record<Cut, number>>;
  /**
   * Held connections that were proved, by how long they had been idle, milliseconds: how many were alive, and how the
   * others had been cut; likewise.
   */
  byProofAge: Record<string, ProofCounts>;
  /** Stalls by the second (since the run's start) in which their SYN was sent. */
  stalledBySecond: Record<string, number>;
  /**
   * Attempts whose source port had been used before, by how long it had rested since it last closed, at any address:
   * the lower edge of a bin in milliseconds; for a sweep the second of each pair, by its delay.
   */
  byReuseAge: Record<string, ReuseCounts>;
  /** By endpoint, "address:port". */
  endpoints: Record<string, EndpointCounts>;
  /** Of browsers; absent for other arms, and in frames of an earlier version. */
  browsing?: BrowsingCounts;
  /**
   * Browsers that had connections open during the second, by the most that each had at once: { "6": 29, "7": 1 };
   * likewise.
   */
  usersByOpen?: Record<string, number>;
}

/** What is counted of browsers alone; zeros are omitted. */
export type BrowsingCounts = {
  /**
   * Connections that were open, or being opened, at once: the most during the second, and those at its end. Levels: they
   * add up over the workers of one second, to an upper bound and exactly; over seconds their sum means nothing.
   */
  openMost?: number;
  openLast?: number;
  /** Pages that ended, and those of them that lacked the document or an object. */
  pages?: number;
  pagesFailed?: number;
  /** Connections that were established and ended without a request. */
  withoutRequest?: number;
  /** SYNs sent for handshakes that stalled, the first one included; none where the system cannot tell. */
  stalledSyns?: number;
};

export interface EndpointCounts {
  started: number;
  established: number;
  completed: number;
  stalled: number;
}

export interface ProofCounts {
  alive: number;
  cuts: Partial<Record<Cut, number>>;
}

export interface ReuseCounts {
  attempts: number;
  stalled: number;
}

/** What happened to the tokens of one arm within one frame. */
export interface TokenCounts {
  minted: number;
  /** Too old to be sent. */
  discarded: number;
  /** Could not be created, by reason: the short name of the fault. */
  failures: Record<string, number>;
}

/** One stalled handshake, as stalls.jsonl keeps it. */
export interface Stall {
  series: SeriesName;
  /** When its SYN was sent, microseconds since the run's start. */
  atUs: number;
  handshakeUs: number;
  synRetransmits: number;
  fate: 'recovered' | 'frozen' | 'unresolved';
  endpoint: string;
  /** "address:port", or "" if the system chose it and nobody asked. */
  source: string;
  /** Milliseconds since the same source port last closed, at any address; null if it was never used before. */
  reuseAgeMs: number | null;
  /** The same for the same address and port. */
  sourceReuseAgeMs: number | null;
}

/** One second of counters, as frames.jsonl keeps it: one line, workers merged. */
export interface Frame extends GeneratorFaults, BesideCounts {
  /** Whole seconds since the run's start. */
  second: number;
  series: Record<SeriesName, SeriesCounts>;
  /** Attempts open at the end of the second. */
  open: number;
  /** Tokens created during the second, by arm; absent if none were. */
  tokens?: Record<string, TokenCounts>;
  /** Stalls that did not fit into the bounded list. */
  stallsLeftOut: number;
}

/** Counters of a kernel that moved, by name: those of nstat(8), `conntrack.drop`, `eth0.tx_dropped`, `softnet.dropped`. */
export type HostCounters = Record<string, number>;

/** What was seen beside the load; absent: nothing, or the system does not tell. */
export interface BesideCounts {
  /** Of this machine's kernel, in the network namespace of the load, whatever program made them move. */
  hostCounters?: HostCounters;
  /** Of the far end's host, where that is on this machine. */
  farCounters?: HostCounters;
  /** Pings beside the load that were answered or lost in the second, by address. */
  pings?: Record<string, PingCounts>;
}

/** Pings to one address. */
export interface PingCounts {
  /** Answered or lost; those under way are not counted yet. */
  sent: number;
  answered: number;
  /** Round trips of those that were answered, microseconds. */
  sumUs: number;
  /** -1: none was answered. */
  minUs: number;
  maxUs: number;
}

/** What this machine itself did to the load; absent if nothing, or if it cannot tell. */
export interface GeneratorFaults extends LocalDrops, CaptureDrops {
  /** Whole seconds in which at least one worker did not run at all: those after this one of which there is no frame. */
  starvedSec?: number;
}

/** What this machine itself dropped; absent if nothing, or if the system does not report it. */
export interface LocalDrops {
  /** Retransmitted TCP segments that never left this machine. */
  localDrops?: number;
  /** Packets of any kind and program that a full conntrack table could not track. */
  conntrackDrops?: number;
  /** Packets for the packet engine that came while its ring was full. */
  ringDrops?: number;
  /** Packets of the packet engine that the network device did not take. */
  sendDrops?: number;
  /** Seconds in which the link of the packet engine was down, without carrier, or not what it was at the start. */
  linkLossSec?: number;
}

export interface CaptureDrops {
  /** Packets for the capture beside the load that came faster than it took them: evidence may lack them. */
  captureDrops?: number;
}

export const FAULT_KINDS = [
  'localDrops',
  'conntrackDrops',
  'ringDrops',
  'sendDrops',
  'linkLossSec',
  'captureDrops',
  'starvedSec',
] as const satisfies readonly (keyof GeneratorFaults)[];

/**
 * A frame's histograms in HdrHistogram's compressed V2 encoding, base64, as in the log format. Keys are
 * `<series>.<timed>`, or `lateness` for the generator's own.
 */
export type FrameHistograms = Record<string, string>;

/** One second as passed to sinks: what was recorded in it, without earlier seconds. */
export interface RecordedSecond {
  /**
   * Milliseconds since 1970 at its beginning, by the clock as it was when the run began: no two seconds share one.
   */
  readonly atMs: number;
  readonly frame: Frame;
  /** Quantiles of the second's histograms, microseconds, by tag. */
  readonly quantiles: ReadonlyMap<string, Quantiles>;
}

/** Tag of the generator's own lateness: actual minus intended start. */
export const LATENESS_TAG = 'lateness';
