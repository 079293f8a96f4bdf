import { ENGINES } from '../engine/registry.ts';
import { createMonotonicClock, type MonotonicClock } from '../net/index.ts';
import type { Clock, Ticker } from '../net/ticker.ts';
import { tickerOf } from '../net/ticker.ts';
import type { ShardPlan } from './protocol.ts';

/** The one clock of a shard: the pacer, the engine and the recorder read it, several times a connection. */
export interface ShardClock extends Ticker {
  readonly now: Clock;
  /** Sets the moment that counts as 0; until then it is some other. */
  startAt(epochMs: number): void;
}

/** @param engine what it is for: one that calls the C library has its clock, which costs the heap nothing */
export function createShardClock(engine: ShardPlan['engine']): ShardClock {
  const clock = (ENGINES[engine].callsLibc ? createMonotonicClock() : undefined) ?? createPerformanceClock();
  return {
    ...clock,
    startAt(epochMs) {
      const untilMs = epochMs - (performance.timeOrigin + performance.now());
      clock.setOrigin(clock.now() + untilMs * 1_000);
    },
  };
}

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
