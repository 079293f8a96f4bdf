import type { CloseMode, Expectation, HttpVersion } from './words.ts';

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
  readonly findings: readonly ('knee' | 'cut-age')[];
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

/** Open loop: attempts fall due by the clock. Closed loop: one starts when one ends ("ab -c"). */
export type Load = OpenLoad | ClosedLoad;

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
