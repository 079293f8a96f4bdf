import { BUCKETS, bucketOf } from './buckets.ts';
import { type Counted, HistogramEncoder } from './encoding.ts';
import { LONGEST_US, SIGNIFICANT_DIGITS } from './histogram.ts';

/** One after the other is encoded, so that a thread needs one. */
const encoder = new HistogramEncoder();

/**
 * Encodes once for nothing. The first time zlib is loaded and compiled, some 10 ms for which everything else waits:
 * better before the load than at the end of its first second.
 */
export function warmUpEncoder(): void {
  const histogram = new IntervalHistogram();
  histogram.record(1);
  histogram.take();
}

/**
 * The times of one second. The library's histogram costs a logarithm and a power for each; bits tell as much, and only
 * what a second touched is read and emptied at its end.
 */
export class IntervalHistogram {
  readonly #counts = new Uint32Array(BUCKETS);
  #first = BUCKETS;
  #end = 0;

  /** Records a time, rounded to whole microseconds and clamped to what histograms hold. */
  record(us: number): void {
    const index = bucketOf(us < 0 ? 0 : us > LONGEST_US ? LONGEST_US : Math.round(us));
    this.#counts[index] = this.#counts[index]! + 1;
    if (index < this.#first) this.#first = index;
    if (index >= this.#end) this.#end = index + 1;
  }

  /** The second's histogram, encoded; undefined where nothing was recorded. Starts the next second empty. */
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
