import { BUCKETS, bucketOf } from './buckets.ts';
import { type Counted, HistogramEncoder } from './encoding.ts';
import { LONGEST_US, SIGNIFICANT_DIGITS } from './histogram.ts';

/** Histograms are encoded one after the other, so a thread needs one encoder. */
const encoder = new HistogramEncoder();

/**
 * Encodes once and discards the result. Loading and compiling zlib for the first time blocks everything for some 10
 * ms: better before the load than at the end of its first second.
 */
export function warmUpEncoder(): void {
  const histogram = new IntervalHistogram();
  histogram.record(1);
  histogram.take();
}

/**
 * The times of one second. The library's histogram computes a logarithm and a power for each value; bit operations
 * give the same result, and only the buckets that a second used are read and cleared at its end.
 */
export class IntervalHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #first = BUCKETS;
  #end = 0;

  /** Records a time, rounded to whole microseconds and clamped to the range of histograms. */
  record(us: number): void {
    const index = bucketOf(us < 0 ? 0 : us > LONGEST_US ? LONGEST_US : Math.round(us));
    this.#counts[index] = this.#counts[index]! + 1;
    if (index < this.#first) this.#first = index;
    if (index >= this.#end) this.#end = index + 1;
  }

  /** The second's histogram, encoded; undefined if nothing was recorded. The next second starts empty. */
  take(): string | undefined {
    if (this.#end === 0) return undefined;
    const encoded = encoder.encode(this.#counted());
    this.#counts.fill(0, this.#first, this.#end);
    this.#first = BUCKETS;
    this.#end = 0;
    return encoded;
  }

  #counted(): Counted {
    return {
      digits: SIGNIFICANT_DIGITS,
      lowest: 1,
      highest: LONGEST_US,
      first: this.#first,
      end: this.#end,
      countAt: (index) => this.#counts[index]!,
    };
  }
}
