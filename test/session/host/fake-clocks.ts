import type { ClockReading, Clocks } from '../../../src/session/host/read-clocks.ts';

/** Clocks that go when they are told to. */
export class FakeClocks implements Clocks {
  readonly countsSleep = true;
  readonly #coarseMs: number;
  #wallMs = 1_800_000_000_000;
  #monotonicMs = 77_777;
  #bootMs = 1_000_000;

  /** @param coarseMs how coarse the clock is that counts sleep */
  constructor(coarseMs = 1) {
    this.#coarseMs = coarseMs;
  }

  pass(ms: number): void {
    this.#monotonicMs += ms;
    this.sleep(ms);
  }

  sleep(ms: number): void {
    this.#bootMs += ms;
    this.#wallMs += ms;
  }

  /** Sets the wall clock. */
  step(ms: number): void {
    this.#wallMs += ms;
  }

  read(): ClockReading {
    const bootMs = Math.floor(this.#bootMs / this.#coarseMs) * this.#coarseMs;
    return { wallMs: this.#wallMs, monotonicMs: this.#monotonicMs, bootMs };
  }

  close(): void {}
}
