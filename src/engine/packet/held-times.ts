/** A step of the time of establishment: 32 bits of them are 76 hours, and connections are held for a day at most. */
const TICK_US = 64;

/** When held connections were established and how long that had taken, 12 bytes each. */
export class HeldTimes {
  readonly #establishedAtTick: Uint32Array;
  readonly #sinceIntendedUs: Float32Array;
  readonly #sinceStartedUs: Float32Array;

  constructor(slots: number) {
    this.#establishedAtTick = new Uint32Array(slots);
    this.#sinceIntendedUs = new Float32Array(slots);
    this.#sinceStartedUs = new Float32Array(slots);
  }

  keep(slot: number, intendedAtUs: number, startedAtUs: number, establishedAtUs: number): void {
    this.#establishedAtTick[slot] = Math.floor(establishedAtUs / TICK_US) >>> 0;
    this.#sinceIntendedUs[slot] = establishedAtUs - intendedAtUs;
    this.#sinceStartedUs[slot] = establishedAtUs - startedAtUs;
  }

  /** When it was established, to within 64 us, never later than it was; the two before it are as far apart from it as they were. */
  establishedAtUs(slot: number, nowUs: number): number {
    const nowTick = Math.floor(nowUs / TICK_US);
    // The difference of two 32-bit counters, signed, as in deadlines.ts.
    return (nowTick - (((nowTick | 0) - this.#establishedAtTick[slot]!) | 0)) * TICK_US;
  }

  sinceIntendedUs(slot: number): number {
    return this.#sinceIntendedUs[slot]!;
  }

  sinceStartedUs(slot: number): number {
    return this.#sinceStartedUs[slot]!;
  }
}
