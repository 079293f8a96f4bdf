import type { Pace } from './types.ts';

/**
 * How long to wait after so many failures in a row: doubling, and anywhere in the upper half of that, so that many
 * probes do not come back to a database in the same instant.
 */
export function retryAfterMs(
  failures: number,
  { firstRetryMs, longestRetryMs }: Pick<Pace, 'firstRetryMs' | 'longestRetryMs'>,
  random: () => number = Math.random,
): number {
  const fullMs = Math.min(longestRetryMs, firstRetryMs * 2 ** Math.min(failures - 1, 30));
  return fullMs * (0.5 + random() / 2);
}

/** A wait that can be cut short. */
export class Wait {
  #wake: (() => void) | undefined;

  /** @param holds keeps the process alive meanwhile; otherwise it may exit */
  async forMs(ms: number, { holds = false } = {}): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, ms);
      if (!holds) timer.unref();
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
    this.#wake = undefined;
  }

  wake(): void {
    this.#wake?.();
  }
}
