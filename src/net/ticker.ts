/** Microseconds, monotonic. One clock serves the pacer, the engine and the recorder of a worker. */
export type Clock = () => number;

/**
 * A clock in two steps: tick, then look. As what a call returns, a number that is no small integer takes 16 bytes of heap
 * wherever the compiler does not put the whole call in place.
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
