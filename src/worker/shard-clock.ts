import { performance } from 'node:perf_hooks';
import { ENGINES } from '../engine/registry.ts';
import { epochMs } from '../epoch-ms.ts';
import { createMonotonicClock, type MonotonicClock } from '../net/index.ts';
import type { Clock, Ticker } from '../net/ticker.ts';
import { tickerOf } from '../net/ticker.ts';
import type { ShardPlan } from './protocol.ts';

/** The clock of a shard: the pacer, the engine and the recorder read it several times per connection. */
export interface ShardClock extends Ticker {
  readonly now: Clock;
  /** Sets the moment that counts as 0; the origin is arbitrary until then. */
  startAt(atMs: number): void;
}

/** @param engine one that calls the C library gets its clock, which allocates no heap */
export function createShardClock(engine: ShardPlan['engine']): ShardClock {
  const clock = (ENGINES[engine].callsLibc ? createMonotonicClock() : undefined) ?? createPerformanceClock();
  return {
    ...clock,
    startAt(atMs) {
      const untilMs = atMs - epochMs();
      clock.setOrigin(clock.now() + untilMs * 1_000);
    },
  };
}

/** Imported, `performance` is a constant; the global one is a getter, which takes as long as the clock. */
function createPerformanceClock(): MonotonicClock {
  let originUs = 0;
  const now = (): number => performance.now() * 1_000 - originUs;
  return {
    now,
    ...tickerOf(now),
    setOrigin(atUs) {
      originUs += atUs;
    },
  };
}
