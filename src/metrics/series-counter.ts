import type { Cut } from '../outcome/cut.ts';
import { OUTCOMES } from '../outcome/outcome.ts';
import type { BrowsingCounter } from './browsing-counter.ts';
import { addProofs, COUNTERS, emptyCounts } from './counts.ts';
import { IntervalHistogram } from './interval-histogram.ts';
import { addNames, countName, NAMED, type Named } from './named-counts.ts';
import type { ReuseBins } from './reuse-bins.ts';
import { indexOfStatus, STATUS_KEYS } from './statuses.ts';
import { type FrameHistograms, type SeriesCounts, TIMED } from './types.ts';

/**
 * Highest number of retransmissions counted separately; more are counted as this many. The kernel's own limit is 127
 * + 4.
 */
const MAX_RETRANSMITS = 131;

const ENDPOINT_COLUMNS = 4;

const FIRST_BEGUN = 0;
const LAST_BEGUN = 1;
const LAST_END = 2;
const MOMENTS = 3;
/** Counts one series during one second. Counters are typed arrays: counting allocates nothing. */
export class SeriesCounter {
  readonly name: string;
  /** Present for browsers. */
  readonly browsing: BrowsingCounter | undefined;
  readonly #endpoints: readonly string[];
  readonly #counters = new Float64Array(COUNTERS.length);
  readonly #outcomes = new Float64Array(OUTCOMES.length);
  readonly #statuses = new Float64Array(STATUS_KEYS.length);
  readonly #tunnelStatuses = new Float64Array(STATUS_KEYS.length);
  readonly #named: Record<Named, Record<string, number>> = {
    schemesOffered: {},
    refusals: {},
    errorNames: {},
    unmetContent: {},
  };
  /** A small map, rarely updated: held connections last. */
  #cuts: SeriesCounts['cuts'] = {};
  #proofs: SeriesCounts['byProofAge'] = {};
  readonly #retransmits = new Float64Array(MAX_RETRANSMITS + 1);
  readonly #requestRetransmits = new Float64Array(MAX_RETRANSMITS + 1);
  readonly #byEndpoint: Float64Array;
  readonly #bins: ReuseBins;
  readonly #reused: Float64Array;
  readonly #reusedStalled: Float64Array;
  readonly #stalledBySecond = new Map<number, number>();
  /** In the order of {@link TIMED}; created when the first time is recorded. */
  readonly #histograms: (IntervalHistogram | undefined)[] = TIMED.map(() => undefined);
  #isTouched = false;
  /**
   * Microseconds; -1: none. In an array, because numbers in object fields may be allocated on the heap at each
   * update.
   */
  readonly #moments = new Float64Array(MOMENTS).fill(-1);

  constructor(name: string, endpoints: readonly string[], bins: ReuseBins, browsing?: BrowsingCounter) {
    this.name = name;
    this.browsing = browsing;
    this.#endpoints = endpoints;
    this.#bins = bins;
    this.#reused = new Float64Array(bins.keys.length);
    this.#reusedStalled = new Float64Array(bins.keys.length);
    this.#byEndpoint = new Float64Array(endpoints.length * ENDPOINT_COLUMNS);
  }

  /** @param counter from COUNTER_AT */
  add(counter: number, by = 1): void {
    this.#counters[counter] = this.#counters[counter]! + by;
    this.#isTouched = true;
  }

  begun({ begunAtUs }: { readonly begunAtUs: number }): void {
    if (this.#moments[FIRST_BEGUN]! < 0) this.#moments[FIRST_BEGUN] = begunAtUs;
    this.#moments[LAST_BEGUN] = begunAtUs;
  }

  ended({ endedAtUs }: { readonly endedAtUs: number }): void {
    this.#moments[LAST_END] = endedAtUs;
  }

  outcome(index: number): void {
    this.#outcomes[index] = this.#outcomes[index]! + 1;
  }

  /** @param toConnect from the proxy to CONNECT */
  answered(status: number, toConnect: boolean): void {
    const counts = toConnect ? this.#tunnelStatuses : this.#statuses;
    const index = indexOfStatus(status);
    counts[index] = counts[index]! + 1;
    this.#isTouched = true;
  }

  /** Counts under a name given by the far end. */
  named(what: Named, name: string): void {
    countName(this.#named[what], name);
    this.#isTouched = true;
  }

  /** A held connection was cut. */
  cut(how: Cut): void {
    this.#cuts[how] = (this.#cuts[how] ?? 0) + 1;
    this.#isTouched = true;
  }

  /**
   * A held connection was proved to be alive, or cut.
   * @param ageMs how long it had been idle
   */
  proved(ageMs: number, how: Cut | 'alive'): void {
    addProofs(
      this.#proofs,
      String(ageMs),
      how === 'alive' ? { alive: 1, cuts: {} } : { alive: 0, cuts: { [how]: 1 } },
    );
    this.#isTouched = true;
  }

  retransmits(count: number): void {
    const index = Math.min(count, MAX_RETRANSMITS);
    this.#retransmits[index] = this.#retransmits[index]! + 1;
  }

  requestRetransmits(count: number): void {
    const index = Math.min(count, MAX_RETRANSMITS);
    this.#requestRetransmits[index] = this.#requestRetransmits[index]! + 1;
  }

  endpoint(index: number, column: 'started' | 'established' | 'completed' | 'stalled', by = 1): void {
    const at = index * ENDPOINT_COLUMNS + columnOf(column);
    this.#byEndpoint[at] = this.#byEndpoint[at]! + by;
  }

  stalledIn(second: number): void {
    this.#stalledBySecond.set(second, (this.#stalledBySecond.get(second) ?? 0) + 1);
  }

  /** Counts an attempt by the age of its source port; attempts from unused ports are left out. */
  reused(ageUs: number, column: 'attempts' | 'stalled', by = 1): void {
    const index = this.#bins.indexOf(ageUs);
    if (index < 0) return;
    const counts = column === 'attempts' ? this.#reused : this.#reusedStalled;
    counts[index] = counts[index]! + by;
  }

  /**
   * @param timed from TIMED_AT
   * @param us rounded by the caller: passed as an argument, a number that is not a small integer takes 16 bytes of
   *   heap
   */
  time(timed: number, us: number): void {
    const histogram = this.#histograms[timed] ?? this.#open(timed);
    histogram.record(us);
  }

  /** The second's counts, or undefined if nothing happened; resets them for the next second. */
  takeCounts(): SeriesCounts | undefined {
    const browsing = this.browsing?.take();
    if (!this.#isTouched && browsing === undefined) return undefined;
    const counts = emptyCounts();
    for (let index = 0; index < COUNTERS.length; index += 1)
      counts[COUNTERS[index]!] = this.#counters[index]!;
    counts.firstBegunUs = Math.round(this.#moments[FIRST_BEGUN]!);
    counts.lastBegunUs = Math.round(this.#moments[LAST_BEGUN]!);
    counts.lastEndUs = Math.round(this.#moments[LAST_END]!);
    this.#takeByKey(counts);
    if (browsing !== undefined) Object.assign(counts, browsing);
    this.#reset();
    return counts;
  }

  /** Encodes the second's histograms into `into` and empties them. */
  takeHistograms(into: FrameHistograms): void {
    for (let timed = 0; timed < TIMED.length; timed += 1) {
      const encoded = this.#histograms[timed]?.take();
      if (encoded !== undefined) into[`${this.name}.${TIMED[timed]}`] = encoded;
    }
  }

  #open(timed: number): IntervalHistogram {
    const histogram = new IntervalHistogram();
    this.#histograms[timed] = histogram;
    return histogram;
  }

  /** By index: an iterator would allocate an array per bin, some hundreds per second and series. */
  #takeByKey(counts: SeriesCounts): void {
    for (let index = 0; index < OUTCOMES.length; index += 1) {
      if (this.#outcomes[index] !== 0) counts.outcomes[OUTCOMES[index]!] = this.#outcomes[index]!;
    }
    takeStatuses(this.#statuses, counts.statuses);
    takeStatuses(this.#tunnelStatuses, counts.tunnelStatuses);
    for (const what of NAMED) addNames(counts[what], this.#named[what]);
    counts.cuts = this.#cuts;
    counts.byProofAge = this.#proofs;
    takeRetransmits(this.#retransmits, counts.synRetransmits);
    takeRetransmits(this.#requestRetransmits, counts.requestRetransmits);
    for (const [second, count] of this.#stalledBySecond) counts.stalledBySecond[second] = count;
    const { keys } = this.#bins;
    for (let index = 0; index < keys.length; index += 1) {
      const attempts = this.#reused[index]!;
      const stalled = this.#reusedStalled[index]!;
      if (attempts !== 0 || stalled !== 0) counts.byReuseAge[keys[index]!] = { attempts, stalled };
    }
    for (let index = 0; index < this.#endpoints.length; index += 1) {
      const at = index * ENDPOINT_COLUMNS;
      counts.endpoints[this.#endpoints[index]!] = {
        started: this.#byEndpoint[at + columnOf('started')]!,
        established: this.#byEndpoint[at + columnOf('established')]!,
        completed: this.#byEndpoint[at + columnOf('completed')]!,
        stalled: this.#byEndpoint[at + columnOf('stalled')]!,
      };
    }
  }

  #reset(): void {
    this.#isTouched = false;
    this.#moments.fill(-1);
    this.#counters.fill(0);
    this.#outcomes.fill(0);
    this.#statuses.fill(0);
    this.#tunnelStatuses.fill(0);
    for (const what of NAMED) this.#named[what] = {};
    this.#cuts = {};
    this.#proofs = {};
    this.#retransmits.fill(0);
    this.#requestRetransmits.fill(0);
    this.#byEndpoint.fill(0);
    this.#reused.fill(0);
    this.#reusedStalled.fill(0);
    this.#stalledBySecond.clear();
  }
}

function takeStatuses(counts: Float64Array, into: Record<string, number>): void {
  for (let index = 0; index < STATUS_KEYS.length; index += 1) {
    if (counts[index] !== 0) into[STATUS_KEYS[index]!] = counts[index]!;
  }
}

function takeRetransmits(counts: Float64Array, into: Record<string, number>): void {
  for (let retransmits = 0; retransmits <= MAX_RETRANSMITS; retransmits += 1) {
    if (counts[retransmits]! > 0) into[retransmits] = counts[retransmits]!;
  }
}

function columnOf(column: 'started' | 'established' | 'completed' | 'stalled'): number {
  switch (column) {
    case 'started':
      return 0;
    case 'established':
      return 1;
    case 'completed':
      return 2;
    case 'stalled':
      return 3;
  }
}
