import type { PortRange } from '../../scenario/units.ts';
import type { PortOrder } from '../../scenario/words.ts';

/** Source addresses and ports that an arm may use, and how. */
export interface SourcePlan {
  /** How many source addresses there are, at least 1; each has every port. */
  readonly sources: number;
  /** Ascending, without overlap, within 1-65535: those already taken out that the machine has given away. */
  readonly ports: readonly PortRange[];
  readonly order: PortOrder;
  /** The same address and port rests at least this long after it closed; 0: not at all. */
  readonly reuseAfterUs: number;
  /**
   * The same address and port is taken again as soon as this has passed since it closed, in place of `reuseAfterUs`. Of
   * those that are due the one whose age comes closest goes first; one that was never used goes only where none is due,
   * and `order` says which.
   */
  readonly reuseExactlyUs?: number;
  /** Whole number that decides the order `random`; default 1. */
  readonly seed?: number;
}

/** One part of many: `index` is 0 to `count - 1`. */
export interface PortShard {
  readonly index: number;
  readonly count: number;
}

/**
 * Hands out source addresses and ports, each to one connection at a time. Times are microseconds on the caller's clock, 0
 * or more, and should not go back from call to call: what is closed "last" is what was released last.
 */
export interface PortAllocator {
  /** Addresses times ports of this shard; 0 where there are more shards than ports. */
  readonly size: number;
  /** Leased now. */
  readonly leased: number;
  /** From when on `lease` will find one: 0 for at once, Infinity where only a release can help. */
  readonly nextFreeAtUs: number;
  /** Index of the address leased last, below `sources`. */
  readonly source: number;
  /** Port leased last. */
  readonly port: number;
  /** How long before that lease its port had closed, at whichever address; -1: never. */
  readonly samePortAgeUs: number;
  /** How long before that lease its address and port had closed; -1: never. */
  readonly sameTupleAgeUs: number;
  /** Leases an address and port, told in the four fields above; false (and they stand) where none is free. */
  lease(nowUs: number): boolean;
  /**
   * Ends a lease whose connection has closed: ages and rest count from then.
   * @param heldUntilUs when this machine lets go of it (its own TIME_WAIT), where that is later than its rest
   * @throws RangeError where it is not leased
   */
  release(source: number, port: number, closedAtUs: number, heldUntilUs?: number): void;
  /**
   * Ends a lease that came to no connection (bind or connect refused): nothing closed, so its age stays what it was.
   * @param untilUs not leased again before then; 0: free at once
   * @throws RangeError where it is not leased
   */
  quarantine(source: number, port: number, untilUs: number): void;
}
