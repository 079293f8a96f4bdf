import type { BrowserKind } from './words.ts';

/**
 * Open loop: attempts are scheduled by the clock. Closed loop: one starts when one ends ("ab -c"). Sweep: pairs of
 * attempts from the same port of two addresses, a chosen delay apart. Browsers: users who open pages and read them;
 * each connection that their browsers open is an attempt.
 */
export type Load = OpenLoad | ClosedLoad | SweepLoad | BrowserLoad;

export interface OpenLoad {
  readonly kind: 'open';
  /** In sequence, at least one. */
  readonly phases: readonly Phase[];
}

export interface ClosedLoad {
  readonly kind: 'closed';
  /** Concurrent connections, over all workers. */
  readonly concurrency: number;
  /** Absent: limited only by time. At least one of the two is present. */
  readonly attempts?: number;
  readonly forUs?: number;
}

/**
 * For each delay, `pairs` source ports, each used once: from the first address until it has closed, and then, after the
 * delay, from the second.
 */
export interface SweepLoad {
  readonly kind: 'sweep';
  /** Ascending, each once. */
  readonly delaysUs: readonly number[];
  /** Ports per delay. */
  readonly pairs: number;
  /** Attempts per second, counting both of each pair. */
  readonly ratePerSec: number;
}

/**
 * A population of browsers. Each opens a page, loads its objects over persistent connections, pauses, and opens the
 * next.
 */
export interface BrowserLoad {
  readonly kind: 'browsers';
  /** How they behave, see engine/browser/profiles. */
  readonly profile: BrowserKind;
  /** Simultaneous browsers, over all workers. */
  readonly browsers: number;
  /** Browsers start evenly spread over this time; 0: all at once. */
  readonly rampUs: number;
  /** How long pages are opened, counted from the start of the run. */
  readonly forUs: number;
  /** Most connections that one browser keeps open to one host, 1-32; Firefox to a proxy, for all hosts. */
  readonly connections: number;
  /** Pause between a page's last object and the next page: exponentially distributed about this mean. */
  readonly thinkUs: number;
  /** A browser closes a connection that has been idle this long. */
  readonly idleUs: number;
  readonly page: PageSpec;
}

export interface PageSpec {
  /** Requests per page: first the document, then, once it has arrived, the others. */
  readonly objects: number;
  /** Paths of the objects after the document, used in turn; may hold `{object}` and `{nonce}`. Empty: the target's. */
  readonly paths: readonly string[];
  /** Hosts of the objects after the document, used in turn. Empty: the target's. */
  readonly hosts: readonly PageHost[];
}

/** One host of a page's objects. */
export type PageHost = NamedHost | StandInHost;

export interface NamedHost {
  readonly host: string;
  /** Absent: the target's. */
  readonly port?: number;
}

/**
 * A host without a name of its own, in whose place the target is asked: browsers keep its connections apart like those of
 * any other host. 0: that of the document.
 */
export interface StandInHost {
  readonly standIn: number;
}

/** Rates are attempts per second over all workers. A ramp is recorded but excluded from the verdict. */
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
