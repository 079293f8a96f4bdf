/** Counts of times by duration, filled value by value, at the resolution of the histogram. */
export interface Spectrum {
  /** Microseconds, ascending. */
  readonly us: Float64Array;
  /** Cumulative counts: how many are that long or shorter. */
  readonly atMost: Float64Array;
}

/** A quantile of a run, and how many times of each second read were no longer. */
export interface QuantileTimeSeries {
  /** As in summary.json. */
  readonly us: number;
  readonly atMost: readonly number[];
}

/** The times of one arm and phase: every second's, or a sample of the seconds of a long run. */
export interface TimeSample {
  /** One second in this many was read. */
  readonly stride: number;
  /** Times in each second that was read. */
  readonly counts: readonly number[];
  readonly quantiles: ReadonlyMap<string, QuantileTimeSeries>;
  readonly spectrum: Spectrum;
}

/** Gathers a {@link TimeSample}, second by second, from decoded histograms. Move to a second before recording. */
export class TimeSampler {
  readonly #bounds: readonly { readonly name: string; readonly us: number; readonly atMost: number[] }[];
  readonly #counts: number[] = [];
  readonly #byUs = new Map<number, number>();
  #index = 0;

  /** @param quantiles bounds to count by, microseconds, by name */
  constructor(quantiles: ReadonlyMap<string, number>) {
    this.#bounds = [...quantiles].map(([name, us]) => ({ name, us, atMost: [] }));
  }

  /** Assigns what is recorded from here on to this second, counted from 0 among those read. */
  moveTo(index: number): void {
    while (this.#counts.length <= index) {
      this.#counts.push(0);
      for (const { atMost } of this.#bounds) atMost.push(0);
    }
    this.#index = index;
  }

  /** Has the signature of a histogram's method, so that one can be decoded straight into this. */
  recordValueWithCount(us: number, count: number): void {
    if (count === 0) return;
    this.#counts[this.#index] = this.#counts[this.#index]! + count;
    for (const bound of this.#bounds) {
      if (us <= bound.us) bound.atMost[this.#index] = bound.atMost[this.#index]! + count;
    }
    this.#byUs.set(us, (this.#byUs.get(us) ?? 0) + count);
  }

  finish(stride: number): TimeSample {
    return {
      stride,
      counts: this.#counts,
      quantiles: new Map(this.#bounds.map(({ name, us, atMost }) => [name, { us, atMost }])),
      spectrum: spectrumOf(this.#byUs),
    };
  }
}

/** @param byUs counts by length, in any order */
export function spectrumOf(byUs: ReadonlyMap<number, number>): Spectrum {
  const us = Float64Array.from(byUs.keys()).sort();
  let sum = 0;
  const atMost = us.map((value) => {
    sum += byUs.get(value) ?? 0;
    return sum;
  });
  return { us, atMost };
}

/** Several samples as one, each with its weight. */
export function mergeSpectra(parts: readonly { spectrum: Spectrum; weight: number }[]): Spectrum {
  const byUs = new Map<number, number>();
  for (const { spectrum, weight } of parts) {
    spectrum.us.forEach((us, index) => {
      const count = spectrum.atMost[index]! - (spectrum.atMost[index - 1] ?? 0);
      byUs.set(us, (byUs.get(us) ?? 0) + count * weight);
    });
  }
  return spectrumOf(byUs);
}

/** How many are `us` long or shorter. */
export function countAtMost({ us: lengths, atMost }: Spectrum, us: number): number {
  const index = firstIndex(lengths.length, (at) => lengths[at]! > us);
  return index === 0 ? 0 : atMost[index - 1]!;
}

/** The shortest time that `share` of all do not exceed; NaN if there are none. */
export function quantileAt({ us, atMost }: Spectrum, share: number): number {
  const total = atMost.at(-1) ?? 0;
  if (total === 0) return Number.NaN;
  // Like HdrHistogram: at least one, and a whole number.
  const wanted = Math.max(1, Math.ceil(share * total - 1e-9));
  return us[
    Math.min(
      us.length - 1,
      firstIndex(us.length, (at) => atMost[at]! >= wanted),
    )
  ]!;
}

/** The first index below `length` for which `holds` is true, given that it stays true; `length` if it never is. */
function firstIndex(length: number, holds: (index: number) => boolean): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (holds(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
