import { stalledOf } from '../metrics/counts.ts';
import type { Evidence } from '../metrics/evidence.ts';
import type { FarAttempt } from '../metrics/far.ts';
import type { Histogram } from '../metrics/histogram.ts';
import { type Frame, RAMP_SUFFIX, type SeriesCounts } from '../metrics/types.ts';
import type { Outcome } from '../outcome/outcome.ts';
import type { Tested } from './tested.ts';
import type { Summary } from './types.ts';

/** The data of one run for figures and reports: its summary, and the values over time. */
export interface RunDetail {
  /** Of its folder. */
  readonly name: string;
  readonly summary: Summary;
  readonly tested: Tested;
  readonly arms: ReadonlyMap<string, ArmDetail>;
  /** Merged over the run, by tag, as in latency.hlog. */
  readonly histograms: ReadonlyMap<string, Histogram>;
  /** Seconds from its start to its last frame. */
  readonly seconds: number;
  /** When this host retransmits a SYN, seconds after the first; empty if not known. */
  readonly synResentAtSec: readonly number[];
  readonly command: readonly string[];
  readonly workers: number;
  readonly versions: Readonly<Record<string, string>>;
  /** "address:port" of every endpoint, by arm. */
  readonly endpoints: Readonly<Record<string, readonly string[]>>;
  /** As run.json has it, whatever that is. */
  readonly host: unknown;
  /** Some of the stalled attempts whose packets were captured; absent: none were. */
  readonly evidence?: readonly Evidence[];
  /** For each of those, what the far side saw of it. */
  readonly farEvidence?: readonly (FarAttempt | undefined)[];
}

/** Counts of one arm's measured phases by second since the run's start; missing ones are 0. */
export interface ArmDetail {
  /** By the second in which the SYN was sent. */
  readonly stalled: readonly number[];
  /** By the second in which they ended. */
  readonly outcomes: ReadonlyMap<Outcome, readonly number[]>;
  /** Seconds with a ramp in progress. */
  readonly ramping: readonly boolean[];
}

/** Collects an arm's seconds from frames: one number per second for each outcome that occurred. */
export class ArmTimeSeriesBuilder {
  readonly #name: string;
  readonly #stalled: number[] = [];
  readonly #outcomes = new Map<Outcome, number[]>();
  readonly #ramping: boolean[] = [];

  constructor(arm: string) {
    this.#name = arm;
  }

  add({ second, series }: Frame): void {
    if ((series[this.#name + RAMP_SUFFIX]?.scheduled ?? 0) > 0) this.#ramping[second] = true;
    const counts = series[this.#name];
    if (counts !== undefined) this.#addCounts(second, counts);
  }

  #addCounts(second: number, counts: SeriesCounts): void {
    let placed = 0;
    for (const [sentIn, count] of Object.entries(counts.stalledBySecond)) {
      addAt(this.#stalled, Number(sentIn), count);
      placed += count;
    }
    // Stalls whose second is not known count in the second in which they ended, so that the sum equals that of the
    // summary.
    addAt(this.#stalled, second, stalledOf(counts) - placed);
    for (const [outcome, count] of Object.entries(counts.outcomes) as [Outcome, number][]) {
      const seconds = this.#outcomes.get(outcome) ?? [];
      addAt(seconds, second, count);
      this.#outcomes.set(outcome, seconds);
    }
  }

  /** @param seconds length of the run */
  finish(seconds: number): ArmDetail {
    const whole = <T>(values: readonly T[], none: T) =>
      Array.from({ length: seconds }, (_, second) => values[second] ?? none);
    return {
      stalled: whole(this.#stalled, 0),
      outcomes: new Map([...this.#outcomes].map(([outcome, counts]) => [outcome, whole(counts, 0)])),
      ramping: whole(this.#ramping, false),
    };
  }
}

function addAt(values: number[], index: number, count: number): void {
  if (count !== 0) values[index] = (values[index] ?? 0) + count;
}
