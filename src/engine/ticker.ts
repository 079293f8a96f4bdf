import type { Clock, Ticker } from './types.ts';

/** The same clock in two steps. */
export function tickerOf(now: Clock): Ticker {
  const us = new Float64Array(1);
  return {
    us,
    tick() {
      us[0] = now();
    },
  };
}

/** The same clock in one step. */
export function clockOf({ tick, us }: Ticker): Clock {
  return () => {
    tick();
    return us[0]!;
  };
}
