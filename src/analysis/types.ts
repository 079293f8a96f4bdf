import type { EngineName } from '../engine/names.ts';
import type { FarSummary } from '../metrics/far.ts';
import type { Quantiles } from '../metrics/histogram.ts';
import type { HostCounters } from '../metrics/types.ts';
import type { Cut } from '../outcome/cut.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Diagnosis } from './causes/diagnosis.ts';
import type { FirewallSummary } from './firewall/types.ts';
import type { StallSteps } from './stall-steps.ts';

/**
 * Why a run is generator-limited: outcomes of its attempts, or the generator's own lateness, a worker that did not run
 * at all, packets that this machine dropped.
 */
export type LimitCause = Outcome | 'lateness' | 'starved' | 'local-drop';

/** summary.json: the stable contract. New fields may be added; none changes meaning within a schema number. */
export interface Summary {
  schema: 1;
  run: {
    id: string;
    scenario: string;
    label: string;
    /** RFC 3339, UTC. */
    startedAt: string;
    endedAt: string;
    /** `running`: the summary so far of a run in progress; never stored. */
    status: RunStatus | 'running';
    engine: EngineName;
    /** Only in runs of the raw engine by version 0.2.0 and earlier, which had a choice. */
    reactor?: 'epoll' | 'io_uring';
    /** False: stalls were inferred only from time. */
    stallsByTcpInfo: boolean;
  };
  verdict: {
    pass: boolean | null;
    criteria: { text: string; value: number | null; held: boolean | null }[];
    generatorLimited: boolean;
    /** What limited it; absent if nothing did, and in runs of an earlier version. */
    limitedBy?: LimitCause[];
    reasons: string[];
  };
  arms: Record<string, ArmSummary>;
  latenessUs: Quantiles;
  /** Increments of this machine's kernel counters in seconds that count; absent: not known. */
  hostCounters?: HostCounters;
  /** The same for the far end's host, if that is on this machine. */
  farCounters?: HostCounters;
  /** Pings sent alongside the load, by address, in seconds that count; absent: there were none. */
  pings?: Record<string, PingSummary>;
  /** Retransmitted TCP segments that this machine itself dropped; absent: none, or not known. */
  localDrops?: number;
  /** Packets of any program that this machine dropped because its conntrack table was full; absent likewise. */
  conntrackDrops?: number;
  /** Seconds in which a worker did not run at all; absent: none. */
  starvedSec?: number;
  /**
   * Packet engine: packets that arrived while its ring was full, and packets that the network device did not accept.
   */
  ringDrops?: number;
  sendDrops?: number;
  /** Seconds in which the packet engine's link was down or had changed since the start; absent: none. */
  linkLossSec?: number;
  /** Packets that the capture lost; absent: none, or there was no capture. */
  captureDrops?: number;
  findings: Finding[];
  /** Why, as far as this run can tell; absent in runs of an earlier version. */
  diagnosis?: Diagnosis;
  /** For a soak: how complete it is. Absent for any other run. */
  soak?: Wholeness & {
    /** Number of windows, and the length of each. */
    windows: number;
    windowSec: number;
  };
  /** The firewall's view, if the scenario has firewall commands. */
  firewall?: FirewallSummary;
  /** What both sides saw, where a capture of the far one was joined: far.json, never part of summary.json. */
  far?: FarSummary;
  /** For a run during which events occurred: how complete it is. Absent if there were none. */
  session?: Wholeness;
}

export interface PingSummary {
  sent: number;
  answered: number;
  /** Round trips; null: none was answered. */
  minUs: number | null;
  meanUs: number | null;
  maxUs: number | null;
}

export interface Wholeness {
  /** Recorded seconds. */
  seconds: number;
  /** Seconds without a record, from the start to the last one recorded: asleep, killed, or without load. */
  missingSec: number;
  /**
   * Recorded seconds excluded from every figure because of an event that the firewall did not cause.
   */
  setAsideSec: number;
  /** Number of events by kind. */
  events: { kind: string; count: number }[];
}

export type RunStatus = 'complete' | 'interrupted' | 'failed';

export interface ArmSummary {
  scheduled: number;
  started: number;
  unsent: number;
  established: number;
  completed: number;
  /** completed / started, without lost attempts and connections that another one continued; 0 if nothing started. */
  completedShare: number;
  /** For a run or soak that was interrupted and resumed: attempts open then, or abandoned; their outcome is unknown. */
  lost?: number;
  /** Starts per second of measured time. */
  achievedPerSec: number;
  /** What users requested: each object for browsers, otherwise each attempt, however many connections it took. */
  requests: number;
  /**
   * started / requests; 0 without requests. 1 with preemptive credentials, about 2 if the proxy closes after its 407.
   */
  connectionsPerRequest: number;
  /** Responses that asked for credentials (407, 401). */
  challenges: number;
  stalled: {
    count: number;
    /** count / started; 0 if nothing was started. */
    rate: number;
    /** Wilson score interval, 95 %. */
    ci95: [number, number];
    recovered: number;
    frozen: number;
    unresolved: number;
    /** Distribution over seconds with starts: stalled share of the second's starts. */
    ratePerFrame: { p50: number; p99: number; max: number };
  };
  healed: number;
  slow: number;
  synRetransmits: Record<string, number>;
  /** Connections that carried a request, by segments retransmitted after the handshake; absent: not measured. */
  requestRetransmits?: Record<string, number>;
  /** Those of them with any retransmission, with the 95 % Wilson score interval; absent: not measured. */
  requestsResent?: { count: number; measured: number; rate: number; ci95: [number, number] };
  /**
   * First bytes that came later than most by about the time after which a segment is sent again, with hardly any just before or after;
   * absent: none stood out.
   */
  responsesLate?: { count: number; measured: number; rate: number; ci95: [number, number] };
  outcomes: Partial<Record<Outcome, number>>;
  /** Responses by HTTP status, including 407 and 401; absent in runs of an earlier version. */
  statuses: Record<string, number>;
  /** The proxy's responses to CONNECT, likewise. */
  tunnelStatuses: Record<string, number>;
  /**
   * Attempts challenged only with schemes other than the arm's, by those schemes; absent in runs of an earlier version.
   */
  schemesOffered?: Record<string, number>;
  /** Refusals of SYNs, by kind and sender; likewise. */
  refusals?: Record<string, number>;
  /** Proxies' names for their own errors; likewise. */
  errorNames?: Record<string, number>;
  /** Attempts with unexpected content, by each condition that was not met; likewise. */
  unmetContent?: Record<string, number>;
  /**
   * What met the SYNs of attempts that stalled, healed, were refused or reset, as packets on this machine show it:
   * { "stalled": { "silence": 1233, "rst-other-ttl": 6 } }; absent if no packets were examined.
   */
  answers?: Record<string, Record<string, number>>;
  /** Held connections that were cut, by how; absent in runs of an earlier version. */
  cuts?: Partial<Record<Cut, number>>;
  /** Held connections that were checked, by idle time, ascending; absent if none was. */
  proofs?: ProofsAtAge[];
  bytes: number;
  /** From the intended start. */
  handshakeUs: Quantiles;
  firstByteUs: Quantiles;
  totalUs: Quantiles;
  /** Round trip by tcpi_rtt right after the handshake, for handshakes with a sample; absent: none had one. */
  rttUs?: Quantiles;
  /** From the actual start. */
  service: { handshakeUs: Quantiles; firstByteUs: Quantiles; totalUs: Quantiles };
  /** Time that the far end took for each phase, from when it could begin; absent if no connection had that phase. */
  phases?: {
    challengeUs?: Quantiles;
    tunnelUs?: Quantiles;
    tlsUs?: Quantiles;
    /** Of browsers. */
    objectUs?: Quantiles;
    pageUs?: Quantiles;
  };
  /** Of arms with Negotiate. */
  tokens?: { minted: number; discarded: number; failures: Record<string, number>; mintUs: Quantiles };
  /** Of browsers; absent in runs of an earlier version. */
  browsing?: {
    pages: number;
    /** Those that lacked the document or an object. */
    pagesFailed: number;
    /** started / pages and challenges / pages; 0 without pages. */
    connectionsPerPage: number;
    challengesPerPage: number;
    /** Established, and ended without a request. */
    connectionsWithoutRequest: number;
    /** SYNs of stalled handshakes, the first one included, per stall; absent without stalls, or if not known. */
    synsPerStall?: number;
  };
  /** Ports that a NAT holds at once for an arm of browsers; likewise. */
  ports?: {
    /** Browsers of the arm. */
    users: number;
    /** Connections that one browser has open, the most in a second, over browsers and seconds with any. */
    perUser: PortSpread;
    /** Those that all of them have open, the most in a second, over seconds with any. */
    open: PortSpread;
    /** The same with those that the NAT still keeps, if it does so for 30 s or for 120 s after each has ended. */
    held30s: PortSpread;
    held120s: PortSpread;
  };
  /** By address. */
  endpoints: Record<string, { started: number; established: number; completed: number; stalled: number }>;
  /** Attempts whose source port had been used before, by its reuse age; absent if there are none. */
  byReuseAge?: { ageSec: number; attempts: number; stalled: number }[];
  /** The first stall, seconds since the arm's first start, and the clean starts before it; absent without stalls. */
  onset?: { afterSec: number; cleanStarts: number };
  /** Completed handshakes as long as a stall, by the SYN that was answered; absent if not known. */
  stallSteps?: StallSteps;
  /**
   * Sequences of seconds in which most starts stalled or were refused, seconds since the run's start; the period is the
   * median time between their beginnings. Absent without any, and for a sweep.
   */
  outages?: { runs: { fromSec: number; toSec: number }[]; periodSec: number | null };
  /** The arm's ramp phases, excluded from everything above; absent without ramps. */
  ramp?: RampSums;
}

/** What ramps started and what became of it. */
export interface RampSums {
  scheduled: number;
  started: number;
  unsent: number;
  established: number;
  completed: number;
  stalled: number;
}

/** How many ports, in the median second, in nine of ten, and at most. */
export interface PortSpread {
  p50: number;
  p90: number;
  max: number;
}

/** Held connections that had been idle for this long: how many were alive, and how the others had been cut. */
export interface ProofsAtAge {
  ageSec: number;
  alive: number;
  cuts: Partial<Record<Cut, number>>;
}

export interface Finding {
  kind: string;
  arm?: string;
  confidence: 'high' | 'medium' | 'low' | 'none';
  /** When it was observed, RFC 3339, UTC; absent in runs of versions that did not record it, and in soaks. */
  from?: string;
  to?: string;
  /** "address:port", if it concerns one. */
  endpoint?: string;
  /** The kind of the finding before it of which it is a part; absent: it stands by itself. */
  under?: string;
  text: string;
  [figure: string]: unknown;
}

export type { Diagnosis, Quantiles };
