import type { PortRange } from '../../scenario/units.ts';
import type { PortOrder } from '../../scenario/words.ts';

/** Source addresses and ports that an arm may use, and how. */
export interface SourcePlan {
  /** Number of source addresses, at least 1; each has every port. */
  readonly sources: number;
  /** Ascending, without overlap, within 1-65535; ports that the machine uses or reserves are already excluded. */
  readonly ports: readonly PortRange[];
  readonly order: PortOrder;
  /** The same address and port rests at least this long after it closed; 0: not at all. */
  readonly reuseAfterUs: number;
  /**
   * The same address and port is reused as soon as this has passed since it closed, instead of `reuseAfterUs`. Among
   * those due, the one whose age is closest goes first; an unused one is taken only if none is due, in the order
   * given by `order`.
   */
  readonly reuseExactlyUs?: number;
  /** How far into its ports the first address begins, as a share of them below 1; default 0. */
  readonly startShare?: number;
  /** Integer seed for the order `random`; default 1. */
  readonly seed?: number;
}

/** One shard of many: `index` is 0 to `count - 1`. */
export interface PortShard {
  readonly index: number;
  readonly count: number;
}

/**
 * Hands out source addresses and ports, each to one connection at a time. Times are microseconds on the caller's
 * clock, 0 or more, and should not decrease from call to call: "last closed" means last released.
 */
export interface PortAllocator {
  /** Addresses times ports of this shard; 0 if there are more shards than ports. */
  readonly size: number;
  /** Currently leased. */
  readonly leased: number;
  /** When `lease` will next succeed: 0 for at once, Infinity if only a release can help. */
  readonly nextFreeAtUs: number;
  /** Index of the address leased last, below `sources`. */
  readonly source: number;
  /** Port leased last. */
  readonly port: number;
  /** How long before that lease its port had last closed, at any address; -1 if never. */
  readonly samePortAgeUs: number;
  /** How long before that lease its address and port had last closed; -1 if never. */
  readonly sameTupleAgeUs: number;
  /**
   * Leases an address and port and reports them in the four fields above; returns false, leaving the fields
   * unchanged, if none is free.
   */
  lease(nowUs: number): boolean;
  /**
   * Ends a lease whose connection has closed: age and rest count from then.
   * @param heldUntilUs when this machine releases it (its own TIME_WAIT), if that is later than its rest
   * @throws RangeError if it is not leased
   */
  release(source: number, port: number, closedAtUs: number, heldUntilUs?: number): void;
  /**
   * Ends a lease that produced no connection (bind or connect refused): nothing closed, so its age is unchanged.
   * @param untilUs not leased again before then; 0: free at once
   * @throws RangeError if it is not leased
   */
  quarantine(source: number, port: number, untilUs: number): void;
}
