import { createHistogram, encodeHistogram, recordUs } from './histogram.ts';

/** Times below this are counted by the microsecond first: most handshakes and answers are far below. */
const STAGED_US = 16_384;

/**
 * The times of one second. Recording into an HDR histogram costs a logarithm and a power each; most times are short, so
 * they are counted in an array and handed over once a second.
 */
export class IntervalHistogram {
  readonly #histogram = createHistogram();
  readonly #staged = new Uint32Array(STAGED_US);
  #isStaged = false;

  record(us: number): void {
    const whole = Math.round(us);
    if (whole >= 0 && whole < STAGED_US) {
      this.#staged[whole] = this.#staged[whole]! + 1;
      this.#isStaged = true;
    } else {
      recordUs(this.#histogram, us);
    }
  }

  /** The second's histogram, encoded; undefined where nothing was recorded. Starts the next second empty. */
  take(): string | undefined {
    if (this.#isStaged) this.#handOver();
    if (this.#histogram.totalCount === 0) return undefined;
    const encoded = encodeHistogram(this.#histogram);
    this.#histogram.reset();
    return encoded;
  }

  #handOver(): void {
    for (let us = 0; us < STAGED_US; us += 1) {
      const count = this.#staged[us]!;
      if (count > 0) this.#histogram.recordValueWithCount(us, count);
    }
    this.#staged.fill(0);
    this.#isStaged = false;
  }
}
