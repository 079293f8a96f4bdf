import { CLOCK_REALTIME } from '../../net/constants.ts';
import type { Arena, Libc, Region } from '../../net/index.ts';
import type { Ticker } from '../../net/ticker.ts';

/** Readings of the two clocks that are further apart than this are repeated: calls take a tenth of a microsecond each. */
const FAR_APART_US = 5;
const MAX_TRIES = 4;

/** Translates the kernel's packet timestamps, which are wall-clock times, to the engine's clock. */
export class StampClock {
  readonly #clock: Ticker;
  readonly #read: Libc['clockGettime'];
  readonly #timespec: Region;
  /** Wall-clock second at which the engine's clock was 0, and the microseconds beyond it. */
  #originSeconds = 0;
  #originUs = 0.5;

  constructor(libc: Libc, arena: Arena, clock: Ticker) {
    this.#read = libc.clockGettime;
    this.#timespec = arena.take(16);
    this.#clock = clock;
  }

  /**
   * Reads both clocks: before every batch, because either may be set or slewed. The wall clock is read between two
   * readings of the other; if these are far apart, this thread was interrupted, and it reads them again.
   */
  tick(): void {
    this.#clock.tick();
    if (this.#read === undefined) return;
    let closestUs = Number.POSITIVE_INFINITY;
    for (let tries = 0; tries < MAX_TRIES && closestUs > FAR_APART_US; tries += 1) {
      const beforeUs = this.#clock.us[0]!;
      this.#read(CLOCK_REALTIME, this.#timespec.address);
      this.#clock.tick();
      const apartUs = this.#clock.us[0]! - beforeUs;
      if (apartUs >= closestUs) continue;
      closestUs = apartUs;
      // Two 8-byte fields; both values fit their lower halves.
      const { words } = this.#timespec;
      this.#originSeconds = words[0]!;
      this.#originUs = words[2]! / 1_000 - beforeUs - apartUs / 2;
    }
  }

  /** The moment of a timestamp, never later than the last {@link tick}; that moment if the clocks cannot be read. */
  toUs(seconds: number, nanoseconds: number): number {
    const nowUs = this.#clock.us[0]!;
    if (this.#read === undefined) return nowUs;
    const us = (seconds - this.#originSeconds) * 1_000_000 + nanoseconds / 1_000 - this.#originUs;
    return us > nowUs ? nowUs : us;
  }
}
