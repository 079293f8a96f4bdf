import type { Quantiles } from '../metrics/histogram.ts';

/** Seconds that a value stays in sight: Prometheus looks every 15 s as a rule, and would miss all but one of them. */
const SECONDS = 15;

/** Of each quantile of each time, the highest that a second of the last few had. */
export class WorstQuantiles {
  /** Quantiles of the last seconds by tag, with the number of the second. */
  readonly #recent = new Map<string, { second: number; quantiles: Quantiles }[]>();
  #second = 0;

  add(quantiles: ReadonlyMap<string, Quantiles>): void {
    this.#second += 1;
    for (const [tag, value] of quantiles) {
      if (value.count === 0) continue;
      const recent = this.#recent.get(tag) ?? [];
      recent.push({ second: this.#second, quantiles: value });
      this.#recent.set(tag, recent);
    }
    for (const recent of this.#recent.values()) {
      while (recent[0] !== undefined && recent[0].second <= this.#second - SECONDS) recent.shift();
    }
  }

  /** All that were ever timed. */
  tags(): Iterable<string> {
    return this.#recent.keys();
  }

  /** Undefined where nothing was timed lately. */
  of(tag: string): Quantiles | undefined {
    const recent = this.#recent.get(tag) ?? [];
    const [first, ...others] = recent.map(({ quantiles }) => quantiles);
    if (first === undefined) return undefined;
    const worst = { ...first };
    for (const other of others) {
      for (const name of Object.keys(worst) as (keyof Quantiles)[]) {
        worst[name] = Math.max(worst[name], other[name]);
      }
    }
    return worst;
  }
}
