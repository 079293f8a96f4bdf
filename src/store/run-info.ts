import type { EngineName } from '../engine/names.ts';
import type { Scenario } from '../scenario/types.ts';

/** How a run ended. */
export type RunStatus = 'complete' | 'interrupted' | 'failed';

/** run.json: everything about a run that is known before its first frame, and how it ended. */
export interface RunInfo {
  readonly schema: 1;
  readonly id: string;
  /** As executed: loaded, overridden, addresses filled in; secrets redacted. */
  readonly scenario: Scenario;
  readonly label: string;
  /** RFC 3339, UTC: the moment of second 0. */
  readonly startedAt: string;
  /** Absent while it runs. */
  readonly endedAt?: string;
  /** `running` is what a run that was killed still says: see {@link readStatus}. */
  readonly status: RunStatus | 'running';
  readonly engine: EngineName;
  /** What the raw engine waited for its sockets with; only in runs by version 0.2.0 and earlier, which had a choice. */
  readonly reactor?: 'epoll' | 'io_uring';
  /** Attempts that all workers together made on the loopback before the load, so that its code was compiled; absent: none. */
  readonly rehearsed?: number;
  /** The little of the load that was sent first; absent: none was, and in runs from before it was kept. */
  readonly look?: LookInfo;
  readonly stallsByTcpInfo: boolean;
  /** Whether the system's memory of the destinations (tcp_metrics) was kept out of the run; absent: there is none, or an older run. */
  readonly tcpMetrics?: 'held' | 'as-found';
  readonly workers: number;
  /** "address:port" of every endpoint, by arm. */
  readonly endpoints: Readonly<Record<string, readonly string[]>>;
  /** Where each arm's connections came from, where the arm says; absent in runs from before it could. */
  readonly sources?: Readonly<Record<string, SourcesInfo>>;
  /** Which way each arm's packets went; only of the packet engine. */
  readonly links?: Readonly<Record<string, LinkInfo>>;
  /** Whether the NAT on the way keeps source ports; only where a sweep asked. */
  readonly nat?: NatInfo;
  /** When this host retransmits a SYN, seconds after the first, by its own settings; absent if they are not known. */
  readonly synResentAtSec?: readonly number[];
  /** The command line that started it, secrets redacted. */
  readonly command: readonly string[];
  readonly versions: {
    readonly rushhour: string;
    /** Commit of the checkout from which it ran; absent if it was installed, and in runs of earlier versions. */
    readonly commit?: string;
    readonly node: string;
  };
  /** What the machine was like: kernel, sysctls, limits. */
  readonly host: unknown;
  readonly process: ProcessMark;
  /** Of a run that chose its arms itself: in which order, and why. */
  readonly inquiry?: InquiryInfo;
  /** For a run that is not a soak; absent in runs of versions that could not resume. */
  readonly session?: SessionInfo;
  /** Only of a soak. */
  readonly soak?: SoakInfo;
}

/** The check before the load, with a small share of it: none of its attempts is in any other figure. */
export interface LookInfo {
  /** Rate of the arm with the highest rate. */
  readonly ratePerSec: number;
  readonly forUs: number;
  readonly attempts: number;
  readonly completed: number;
  /** What failed, timed out or got slower; a run that has any was told to continue regardless. */
  readonly signs: readonly string[];
}

/** How a run chose its arms. */
export interface InquiryInfo {
  /** Arms that ran at the same time, in order. */
  readonly stages: readonly {
    readonly id: string;
    /** First second. */
    readonly fromSec: number;
    /** Why it was chosen, with what had been seen. */
    readonly why: string;
    readonly arms: readonly string[];
  }[];
  /** Why none followed; absent while it runs, and if it was interrupted. */
  readonly stopped?: string;
  /** What stays undecided, and what it would need. */
  readonly untried: readonly { readonly text: string; readonly needs: string }[];
}

/** What is needed to resume a run or a soak, and to decide which of its seconds count. */
export interface SessionInfo {
  /** How long after a second, and after the end of an event, the second may still be excluded. */
  readonly settleSec: number;
  /** Fingerprint of the scenario as loaded: only the same scenario can resume it. */
  readonly fingerprint: string;
  /** CLOCK_BOOTTIME at second 0, milliseconds: of the boot of its first process. */
  readonly startedBootMs?: number;
  /** Every process that wrote it, in order: more than one if it was killed and resumed. */
  readonly processes: readonly ProcessMark[];
}

/** How a soak keeps its seconds. */
export interface SoakInfo extends SessionInfo {
  /** Seconds that become one line of frames.jsonl. */
  readonly windowSec: number;
  /** How long it is to last, microseconds, pauses included. */
  readonly forUs: number;
}

/** Of a soak or a run alike; undefined of a run from before it was kept. */
export function sessionOf({ soak, session }: Pick<RunInfo, 'soak' | 'session'>): SessionInfo | undefined {
  return soak ?? session;
}

/** Source addresses and ports of one arm. */
export interface SourcesInfo {
  readonly addresses: readonly string[];
  /** Ranges that were used: what the scenario says without reserved ports and those that something listened on. */
  readonly ports?: readonly string[];
}

/** The way of packets that the packet engine made. */
export interface LinkInfo {
  readonly interface: string;
  readonly mac: string;
  /** Gateway, or endpoint on the link: `10.0.0.1 (02:00:5e:10:00:01)`. */
  readonly nextHops: readonly string[];
  readonly mtu: number;
  /** The addresses are those of hosts that it played. */
  readonly emulates: boolean;
}

/** What the far end saw of connections bound to known ports. */
export interface NatInfo {
  readonly ports: 'preserved' | 'reassigned' | 'apart' | 'unknown';
  /** How it is known, or why not. */
  readonly because: string;
}

/** Tells a process from a later one with the same number. */
export interface ProcessMark {
  readonly pid: number;
  /** /proc/sys/kernel/random/boot_id; '' if the system has none. */
  readonly bootId: string;
  /** Field 22 of /proc/<pid>/stat, in clock ticks since boot; '' if the system has none. */
  readonly startTicks: string;
}
