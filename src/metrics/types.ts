import type { Cut } from '../outcome/cut.ts';
import type { Outcome } from '../outcome/outcome.ts';
import { placesOf } from '../outcome/places.ts';
import type { Quantiles } from './histogram.ts';

/**
 * What is timed, for every series. From the intended start; the `-service` twins from the actual one. `total` ends with
 * the last byte of the response, and includes an earlier connection that the far end closed after its challenge.
 * `cutAge`: how old a held connection was when something cut it; those that were found to be cut later are not among them. `challenge`, `tunnel`, `tls`: how long the far end took
 * to ask for credentials, to open the tunnel, and for TLS, each from when it was set to it. `object`, `page`: of browsers.
 * `mint`: what making a token cost, apart from every connection. `rtt`: the round trip by tcpi_rtt right after the handshake;
 * none where the system has no sample: of a SYN that was sent again, without TCP timestamps (Karn's algorithm, RFC 6298 section 3).
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

/** Their places in that list: what is counted with each attempt is found by number, as a name would have to be looked up. */
export const TIMED_AT = placesOf(TIMED);

/**
 * A series is the unit of counting: an arm's measured phases (`stress`), or its ramps (`stress~ramp`), which are
 * recorded but kept out of the verdict.
 */
export type SeriesName = string;
export const RAMP_SUFFIX = '~ramp';

/** Counts of one series within one frame. Counts by key leave out what is zero. */
export interface SeriesCounts {
  scheduled: number;
  started: number;
  unsent: number;
  established: number;
  /** Ended as the scenario expected (outcome `ok`). */
  completed: number;
  /** What people asked for: of browsers each object, else an attempt, however many connections it took. */
  requests: number;
  /** Answers that asked for credentials (407, 401). */
  challenges: number;
  /** Stalled = recovered + frozen + unresolved. */
  recovered: number;
  frozen: number;
  unresolved: number;
  healed: number;
  slow: number;
  bytes: number;
  /** First and last moment in which an attempt was begun, and the last in which one ended; -1: none. */
  firstBegunUs: number;
  lastBegunUs: number;
  lastEndUs: number;
  /** Handshakes by number of SYN retransmissions: { "0": n, "1": n }; those not known are left out. */
  synRetransmits: Record<string, number>;
  /**
   * Connections that carried a request, by how many segments were sent again on them after the handshake: { "0": n, "1": n };
   * those not known are left out. Frames of an earlier version lack it.
   */
  requestRetransmits: Record<string, number>;
  outcomes: Partial<Record<Outcome, number>>;
  /** Answers by HTTP status: { "200": n, "407": n }; see statuses.ts. Frames of an earlier version lack them. */
  statuses: Record<string, number>;
  /** The proxy's answers to CONNECT, likewise; those of the origin behind it are in `statuses`. */
  tunnelStatuses: Record<string, number>;
  /** Of attempts that were asked in other schemes than theirs, by those: { "Digest, NTLM": n }; see named-counts.ts. Frames of an earlier version lack them. */
  schemesOffered: Record<string, number>;
  /** What answered SYNs by a refusal: { "RST": n, "ICMP port-unreachable (3/3) from 10.0.0.1": n }; likewise. */
  refusals: Record<string, number>;
  /** What proxies called their own errors: { "Squid: ERR_CONNECT_FAIL": n }; likewise. */
  errorNames: Record<string, number>;
  /** Of attempts with `unexpected-content`, what of that was asked for the response did not hold: { 'contains "Welcome"': n }. */
  unmetContent: Record<string, number>;
  /** Held connections that were cut, by how; see outcome/cut.ts. Frames of an earlier version lack them. */
  cuts: Partial<Record<Cut, number>>;
  /**
   * Held connections that were proved, by how long they had been left alone, milliseconds: how many lived, and how the
   * others had been cut; likewise.
   */
  byProofAge: Record<string, ProofCounts>;
  /** Stalls by the second (since the run's start) in which their SYN was sent. */
  stalledBySecond: Record<string, number>;
  /**
   * Attempts whose source port had been used before, by how long it had rested since it last closed, at whichever
   * address: the lower edge of a bin in milliseconds; for a sweep the second of each pair, by its delay.
   */
  byReuseAge: Record<string, ReuseCounts>;
  /** By endpoint, "address:port". */
  endpoints: Record<string, EndpointCounts>;
}

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

/** What became of the tokens of one arm within one frame. */
export interface TokenCounts {
  minted: number;
  /** Too old to be sent. */
  discarded: number;
  /** Could not be made, by why: the short name of the fault. */
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
  /** "address:port" or "" where the system chose and nobody asked. */
  source: string;
  /** Milliseconds since the same source port last closed, at whichever address; null where it was never used before. */
  reuseAgeMs: number | null;
  /** The same for the same address and port. */
  sourceReuseAgeMs: number | null;
}

/** One second of counters, as frames.jsonl keeps it: one line, workers merged. */
export interface Frame extends LocalDrops {
  /** Whole seconds since the run's start. */
  second: number;
  series: Record<SeriesName, SeriesCounts>;
  /** Attempts open at the end of the second. */
  open: number;
  /** Tokens made by the second, by arm; absent where none were. */
  tokens?: Record<string, TokenCounts>;
  /** Stalls that the bounded list could not take. */
  stallsLeftOut: number;
}

/** What this machine itself dropped; absent: none, or the system does not tell. */
export interface LocalDrops {
  /** Segments that TCP sent again. */
  localDrops?: number;
  /** Packets of any kind and program, of which a full conntrack table could take no note. */
  conntrackDrops?: number;
}

/**
 * A frame's histograms in HdrHistogram's compressed V2 encoding, base64, as the log format wants them. Keys are
 * `<series>.<timed>`, or `lateness` for the generator's own.
 */
export type FrameHistograms = Record<string, string>;

/** One second as it is handed to sinks: what was recorded in it, never what there was before. */
export interface RecordedSecond {
  /** Milliseconds since 1970 at its beginning, by the clock as it was when the run began: no two seconds share one. */
  readonly atMs: number;
  readonly frame: Frame;
  /** Of the second's histograms, microseconds, by tag. */
  readonly quantiles: ReadonlyMap<string, Quantiles>;
}

/** Tag of the generator's own lateness: actual minus intended start. */
export const LATENESS_TAG = 'lateness';
