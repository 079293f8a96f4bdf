import type { ClosedLoad } from '../scenario/load-types.ts';

/** One shard's part of a closed loop. The parts add up exactly to the whole. */
export interface ClosedShare {
  /** Connections that this shard keeps open at once; 0 if there are more shards than connections. */
  readonly concurrency: number;
  /** Attempts that this shard makes; Infinity if only time bounds the loop. */
  readonly attempts: number;
  /** Nothing starts after this time, microseconds; Infinity if only the count bounds the loop. */
  readonly forUs: number;
  /** The shard's attempts are numbered `first`, `first + stride`, `first + 2 stride`, ... */
  readonly first: number;
  readonly stride: number;
}

/** The part of shard `index` of `count`. A shard without a connection gets no attempts: it could not make them. */
export function closedShare(load: ClosedLoad, index: number, count: number): ClosedShare {
  const stride = Math.min(count, load.concurrency);
  const idle = index >= stride;
  return {
    concurrency: idle ? 0 : partOf(load.concurrency, index, stride),
    attempts: idle ? 0 : partOf(load.attempts ?? Number.POSITIVE_INFINITY, index, stride),
    forUs: load.forUs ?? Number.POSITIVE_INFINITY,
    first: index,
    stride,
  };
}

/** How many of 0, 1, ..., whole - 1 are `index` modulo `count`. */
function partOf(whole: number, index: number, count: number): number {
  return whole === Number.POSITIVE_INFINITY ? whole : Math.max(0, Math.ceil((whole - index) / count));
}
