/** Microseconds, monotonic. One clock serves the pacer, the engine and the recorder of a worker. */
export type Clock = () => number;

/**
 * A clock read in two steps: tick, then read. As a return value, a number that is not a small integer takes 16 bytes
 * of heap unless the compiler inlines the call.
 */
export interface Ticker {
  tick(): void;
  /** One number: the microseconds, by {@link Clock}, of the last tick. */
  readonly us: Float64Array;
}

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
