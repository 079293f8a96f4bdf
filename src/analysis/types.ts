import type { EngineName } from '../engine/names.ts';
import type { Quantiles } from '../metrics/histogram.ts';
import type { HostCounters } from '../metrics/types.ts';
import type { Cut } from '../outcome/cut.ts';
import type { Outcome } from '../outcome/outcome.ts';
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
    /** `running`: what there is so far of a run that is still under way; never in a stored summary. */
    status: RunStatus | 'running';
    engine: EngineName;
    /** Only of runs of the raw engine by version 0.2.0 and earlier, which had a choice. */
    reactor?: 'epoll' | 'io_uring';
    /** False: stalls were inferred only from time. */
    stallsByTcpInfo: boolean;
  };
  verdict: {
    pass: boolean | null;
    criteria: { text: string; value: number | null; held: boolean | null }[];
    generatorLimited: boolean;
    /** What limited it; absent where nothing did, and in runs of an earlier version. */
    limitedBy?: LimitCause[];
    reasons: string[];
  };
  arms: Record<string, ArmSummary>;
  latenessUs: Quantiles;
  /** What counters of this machine's kernel moved by in seconds that count; absent: not known. */
  hostCounters?: HostCounters;
  /** The same of the far end's host, where that is on this machine. */
  farCounters?: HostCounters;
  /** Pings beside the load, by address, of seconds that count; absent: there were none. */
  pings?: Record<string, PingSummary>;
  /** Segments that TCP sent again and that this machine itself dropped; absent: none, or it is not known. */
  localDrops?: number;
  /** Packets of any kind and program that this machine dropped as its conntrack table was full; absent likewise. */
  conntrackDrops?: number;
  /** Seconds in which a worker did not run at all; absent: none. */
  starvedSec?: number;
  /** Packets for the packet engine that came while its ring was full, and such of its own that the device did not take. */
  ringDrops?: number;
  sendDrops?: number;
  /** Seconds in which the link of the packet engine was down, or not what it was at the start; absent: none. */
  linkLossSec?: number;
  /** Packets that the capture beside the load lost; absent: none, or there was no capture. */
  captureDrops?: number;
  findings: Finding[];
  /** Of a soak: how whole it is. Absent of any other run. */
  soak?: Wholeness & {
    /** Lines that its seconds are rolled up into, and how long each is. */
    windows: number;
    windowSec: number;
  };
  /** What the firewall said, where the scenario asks it. */
  firewall?: FirewallSummary;
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
  /** Seconds that were recorded. */
  seconds: number;
  /** Seconds between the start and the last one recorded of which there is nothing: asleep, dead, or without load. */
  missingSec: number;
  /**
   * Of those recorded, seconds in which something happened that is not the firewall's doing: no figure counts them.
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
  /** Started a second over the measured time. */
  achievedPerSec: number;
  /** What people asked for: of browsers each object, else an attempt, however many connections it took. */
  requests: number;
  /** started / requests; 0 without requests. 1 pre-emptive, about 2 where the proxy closes after its 407. */
  connectionsPerRequest: number;
  /** Answers that asked for credentials (407, 401). */
  challenges: number;
  stalled: {
    count: number;
    /** count / started; 0 where nothing started. */
    rate: number;
    /** Wilson score interval, 95 %. */
    ci95: [number, number];
    recovered: number;
    frozen: number;
    unresolved: number;
    /** Of each second in which something started: stalled of that second's starts / started, as a share. */
    ratePerFrame: { p50: number; p99: number; max: number };
  };
  healed: number;
  slow: number;
  synRetransmits: Record<string, number>;
  /** Connections that carried a request, by segments sent again after the handshake; absent: not measured. */
  requestRetransmits?: Record<string, number>;
  /** Of these, on how many anything was sent again, with the Wilson score interval, 95 %; absent: not measured. */
  requestsResent?: { count: number; measured: number; rate: number; ci95: [number, number] };
  outcomes: Partial<Record<Outcome, number>>;
  /** Answers by HTTP status, 407 and 401 that ask for credentials among them; absent in runs of an earlier version. */
  statuses: Record<string, number>;
  /** The proxy's answers to CONNECT, likewise. */
  tunnelStatuses: Record<string, number>;
  /** Attempts that were asked in other schemes than the arm has, by those; absent in runs of an earlier version. */
  schemesOffered?: Record<string, number>;
  /** What answered SYNs by a refusal, by kind and sender; likewise. */
  refusals?: Record<string, number>;
  /** What proxies called their own errors; likewise. */
  errorNames?: Record<string, number>;
  /** What of that was asked for unexpected content did not hold, an attempt under each of its names; likewise. */
  unmetContent?: Record<string, number>;
  /**
   * What met the SYNs of attempts that stalled, healed, were refused or reset, as packets on this machine show it:
   * { "stalled": { "silence": 1233, "rst-other-ttl": 6 } }; absent where none was looked at.
   */
  answers?: Record<string, Record<string, number>>;
  /** Held connections that were cut, by how; absent in runs of an earlier version. */
  cuts?: Partial<Record<Cut, number>>;
  /** Held connections that were checked, by how long they had been idle, ascending; absent if none was. */
  proofs?: ProofsAtAge[];
  bytes: number;
  /** From the intended start. */
  handshakeUs: Quantiles;
  firstByteUs: Quantiles;
  totalUs: Quantiles;
  /** Round trip by tcpi_rtt right after the handshake, of those handshakes that gave a sample; absent: none did. */
  rttUs?: Quantiles;
  /** From the actual start. */
  service: { handshakeUs: Quantiles; firstByteUs: Quantiles; totalUs: Quantiles };
  /** How long the far end took over each leg, from when it was set to it; absent where no connection had it. */
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
  /** By address, where a name resolved to one or more. */
  endpoints: Record<string, { started: number; established: number; completed: number; stalled: number }>;
  /** Attempts whose source port had been used before, by how long it had rested; absent if there are none. */
  byReuseAge?: { ageSec: number; attempts: number; stalled: number }[];
  /** The first stall, seconds since the arm's first start, and what was started before; absent without stalls. */
  onset?: { afterSec: number; cleanStarts: number };
  /** Handshakes as long as a stall that were completed, by the SYN that was answered; absent where not known. */
  stallSteps?: StallSteps;
  /**
   * Runs of seconds in which most starts stalled or were refused, seconds since the run's start; the period is the
   * median from one's beginning to the next one's. Absent without any, and of a sweep.
   */
  outages?: { runs: { fromSec: number; toSec: number }[]; periodSec: number | null };
  /** What the arm's ramp phases did, kept out of everything above; absent without ramps. */
  ramp?: {
    scheduled: number;
    started: number;
    unsent: number;
    established: number;
    completed: number;
    stalled: number;
  };
}

/** Of the held connections that had been idle for this long: how many were alive, and how the others had been cut. */
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
  text: string;
  [figure: string]: unknown;
}

export type { Quantiles };
