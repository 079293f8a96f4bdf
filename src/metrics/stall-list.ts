import type { AttemptRecord } from '../engine/types.ts';
import type { ReuseAge } from './reuse-bins.ts';
import type { Stall } from './types.ts';

export interface TakenStalls {
  readonly stalls: readonly Stall[];
  /** Stalls beyond the limit, which are only counted. */
  readonly leftOut: number;
}

/** Where an arm's connections go and come from, by the engine's indexes. */
export interface ArmAddresses {
  /** "address:port". */
  readonly endpoints: readonly string[];
  /** Addresses. */
  readonly sources: readonly string[];
}

/** The stalls of a second, individually up to a limit. */
export class StallList {
  readonly #max: number;
  #stalls: Stall[] = [];
  #leftOut = 0;

  constructor(max: number) {
    this.#max = max;
  }

  /**
   * @param series that counts the attempt
   * @param age as it was when the attempt began
   */
  add(
    series: string,
    arm: ArmAddresses,
    record: Readonly<AttemptRecord>,
    handshakeUs: number,
    fate: Stall['fate'],
    age: ReuseAge,
  ): void {
    if (this.#stalls.length >= this.#max) {
      this.#leftOut += 1;
      return;
    }
    const source = arm.sources[record.source];
    this.#stalls.push({
      series,
      atUs: Math.round(record.startedAtUs),
      handshakeUs: Math.round(handshakeUs),
      synRetransmits: record.synRetransmits,
      fate,
      endpoint: arm.endpoints[record.endpoint] ?? '',
      source: source === undefined ? '' : `${source}:${record.sourcePort}`,
      reuseAgeMs: toMs(age.portUs),
      sourceReuseAgeMs: toMs(age.sourceUs),
    });
  }

  /** The second's stalls; empties the list for the next second. */
  take(): TakenStalls {
    const taken = { stalls: this.#stalls, leftOut: this.#leftOut };
    this.#stalls = [];
    this.#leftOut = 0;
    return taken;
  }
}

function toMs(ageUs: number): number | null {
  return ageUs < 0 ? null : Math.round(ageUs) / 1_000;
}
