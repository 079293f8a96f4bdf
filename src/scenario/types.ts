import type { PortRange } from './units.ts';
import type { AskedFinding, CloseMode, Expectation, HttpVersion, PortOrder, Switch } from './words.ts';

/** A scenario as loaded, checked, overridden and frozen: what a run executes and run.json records. */
export interface Scenario {
  readonly schema: 1;
  /** File name without its ending. */
  readonly name: string;
  readonly description: string;
  /** `embedded`: the run starts its own far end on loopback and points every arm at it. */
  readonly farEnd: 'embedded' | 'none';
  /** At least one; names are unique and fit a histogram tag (letters, digits, `-`, `_`). */
  readonly arms: readonly Arm[];
  readonly pass: readonly Criterion[];
  /** Findings to look for once the run is over. */
  readonly findings: readonly AskedFinding[];
  /** Set net.ipv4.tcp_timestamps for the run and put it back; absent: leave it alone. */
  readonly tcpTimestamps?: Switch;
}

export interface HostPort {
  /** Name or address, no brackets. */
  readonly host: string;
  /** 1-65535. */
  readonly port: number;
}

/** One kind of traffic. Arms run concurrently. */
export interface Arm {
  readonly name: string;
  /** `proxy`: absolute-form request to the proxy; `direct`: origin-form to the target; `tcp`: connect only. */
  readonly via: 'proxy' | 'direct' | 'tcp';
  /** Present where `via` is `proxy`. */
  readonly proxy?: HostPort;
  readonly target: Target;
  readonly request: RequestSpec;
  readonly expect: Expectation;
  readonly load: Load;
  readonly handshakeTimeoutUs: number;
  readonly responseTimeoutUs: number;
  readonly stallAfterUs: number;
  readonly close: CloseMode;
  /** How long a connection stays open once its exchange is over. */
  readonly holdUs: number;
  readonly socket: SocketSpec;
  /** Source addresses and ports chosen on purpose; absent: `socket.bind` alone, and ports of the system's choice. */
  readonly source?: SourceSpec;
}

export interface Target extends HostPort {
  /** Path and query, may contain `{nonce}`; `/` where none was given. Empty for `tcp://`. */
  readonly path: string;
}

export interface RequestSpec {
  readonly method: string;
  readonly version: HttpVersion;
  /** In the order written. Values may contain `{nonce}`. */
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly body: string;
}

export interface SocketSpec {
  /** IP_TOS octet, 0-255. */
  readonly tos?: number;
  /** TCP_MAXSEG in bytes, 88-32767. */
  readonly mss?: number;
  /** TCP_SYNCNT, 1-127. */
  readonly synCount?: number;
  /** Source addresses, used in turn; empty: the system chooses. */
  readonly bind: readonly string[];
}

/** Where an arm's connections come from, as written; a run turns it into addresses of its machine. */
export interface SourceSpec {
  /** Empty: the address that the system would choose. */
  readonly addresses: readonly SourceAddress[];
  /** Absent: addresses are used in turn, and ports are of the system's choice. */
  readonly ports?: SourcePorts;
}

export type SourceAddress =
  | { readonly kind: 'address'; readonly address: string }
  /** Every address of the machine in a network; every host address of 127.0.0.0/8, all of which is the machine's. */
  | { readonly kind: 'network'; readonly network: string; readonly prefix: number }
  | { readonly kind: 'interface'; readonly name: string }
  /** Every address of the machine that can reach the peer. */
  | { readonly kind: 'all' };

export interface SourcePorts {
  readonly range: PortRange;
  readonly order: PortOrder;
  /** The same address and port rests this long after it closed. */
  readonly reuseAfterUs: number;
  /** The same address and port is taken again exactly this long after it closed, as far as there is one. */
  readonly reuseExactlyUs?: number;
}

/**
 * Open loop: attempts fall due by the clock. Closed loop: one starts when one ends ("ab -c"). Sweep: pairs of attempts
 * from the same port of two addresses, a chosen delay apart.
 */
export type Load = OpenLoad | ClosedLoad | SweepLoad;

export interface OpenLoad {
  readonly kind: 'open';
  /** One after the other, at least one. */
  readonly phases: readonly Phase[];
}

export interface ClosedLoad {
  readonly kind: 'closed';
  /** Connections kept open at once, over all workers. */
  readonly concurrency: number;
  /** Absent: bounded by time alone. One of the two is always present. */
  readonly attempts?: number;
  readonly forUs?: number;
}

/**
 * For each delay, `pairs` source ports, each used once: from the first address until it has closed, and from the second
 * as long after that as the delay says.
 */
export interface SweepLoad {
  readonly kind: 'sweep';
  /** Ascending, each once. */
  readonly delaysUs: readonly number[];
  /** Ports for each delay. */
  readonly pairs: number;
  /** Attempts a second, both of each pair counted. */
  readonly ratePerSec: number;
}

/** Rates are attempts a second over all workers. A ramp is recorded but kept out of the verdict. */
export type Phase =
  | { readonly kind: 'ramp'; readonly fromPerSec: number; readonly toPerSec: number; readonly forUs: number }
  | { readonly kind: 'hold'; readonly ratePerSec: number; readonly forUs: number }
  | {
      readonly kind: 'step';
      readonly fromPerSec: number;
      readonly toPerSec: number;
      readonly byPerSec: number;
      readonly eachUs: number;
    }
  | { readonly kind: 'idle'; readonly forUs: number };

/** A pass criterion: a figure of the summary held against a bound. */
export interface Criterion {
  /** As written: `stress.stalled.rate < 0.1%`. */
  readonly text: string;
  /** Arm name, or `*` for every arm. */
  readonly arm: string;
  /** Path below the arm in summary.json, e.g. `['stalled', 'rate']`. */
  readonly path: readonly string[];
  readonly operator: '<' | '<=' | '>' | '>=' | '==' | '!=';
  /** In the figure's own unit: 0.001 for 0.1 %, microseconds for times. */
  readonly bound: number;
}
