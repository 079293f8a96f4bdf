import type { AttemptRecord } from '../engine/types.ts';
import { classify } from '../outcome/classify.ts';
import type { Expectation } from '../outcome/expectation.ts';
import { type DropReason, groupOfOutcome, indexOfOutcome, type Outcome } from '../outcome/outcome.ts';
import { type HandshakeVerdict, judgeHandshake, needsPath } from '../outcome/stall.ts';
import { countAnswers } from './answers.ts';
import { BrowsingCounter } from './browsing-counter.ts';
import { COUNTER_AT } from './counts.ts';
import { type CarriedTime, recordExchange } from './exchange-times.ts';
import { IntervalHistogram } from './interval-histogram.ts';
import { NotedAttempts } from './noted.ts';
import { recordPhases } from './phases.ts';
import { createAgeBins, createExactBins, FIRST_USE, type ReuseAge } from './reuse-bins.ts';
import { SeriesCounter } from './series-counter.ts';
import { type ArmAddresses, StallList } from './stall-list.ts';
import {
  type Frame,
  type FrameHistograms,
  LATENESS_TAG,
  RAMP_SUFFIX,
  type Stall,
  TIMED_AT,
} from './types.ts';

/** The part of an arm that counting needs. */
export interface RecordedArm extends ArmAddresses {
  /** Fits a histogram tag: no comma, no white space. */
  readonly name: string;
  readonly stallAfterUs: number;
  readonly expect: Expectation;
  /** Present for a sweep: the only ages by which its attempts are counted. */
  readonly sweepDelaysUs?: readonly number[];
  /**
   * Present if connections end soon after the response: handshakes can then wait to be evaluated until the response
   * shows more about the path.
   */
  readonly isSoonOver?: true;
  /** Present for a closed loop: nothing is due by a clock, so nothing can be late. */
  readonly isUndue?: true;
  /** Present for browsers: a connection serves any number of requests, so these are counted individually. */
  readonly isOfBrowsers?: true;
}

/** When an attempt was due and when it is passed to the engine, microseconds. */
export interface BegunAt {
  readonly intendedAtUs: number;
  readonly begunAtUs: number;
}

const NOTHING_CARRIED: CarriedTime = { sinceIntendedUs: 0, sinceStartedUs: 0 };

export interface RecorderOptions {
  readonly arms: readonly RecordedArm[];
  /** Stalls kept individually in a frame; the rest is only counted. */
  readonly maxStallsPerFrame: number;
  /** Whether anybody looks at packets: attempts are then noted for it. */
  readonly notes?: boolean;
}

export interface TakenFrame {
  readonly frame: Frame;
  readonly histograms: FrameHistograms;
  readonly stalls: readonly Stall[];
  /** Attempts whose packets are to be looked at, see noted.ts; absent: none. */
  readonly noted?: Float64Array;
}

/**
 * Counts what a worker's attempts did, second by second. Every attempt is reported as begun or dropped, and a begun
 * one again when it is established and when it has settled; `ramp` selects the series and must not change for an
 * attempt.
 */
export class Recorder {
  readonly #arms: readonly RecordedArm[];
  readonly #measured: readonly SeriesCounter[];
  readonly #ramps: readonly SeriesCounter[];
  readonly #lateness = new IntervalHistogram();
  readonly #stalls: StallList;
  readonly #noted: NotedAttempts | undefined;
  /** The single facts object that is evaluated, reused each time. */
  readonly #facts = { handshakeUs: -0.5, established: false, stopped: false, synRetransmits: -1, pathUs: -1 };

  constructor({ arms, maxStallsPerFrame, notes = false }: RecorderOptions) {
    this.#arms = arms;
    const open = (arm: RecordedArm, suffix: string): SeriesCounter =>
      new SeriesCounter(
        `${arm.name}${suffix}`,
        arm.endpoints,
        arm.sweepDelaysUs === undefined ? createAgeBins() : createExactBins(arm.sweepDelaysUs),
        arm.isOfBrowsers === true && suffix === '' ? new BrowsingCounter() : undefined,
      );
    this.#measured = arms.map((arm) => open(arm, ''));
    this.#ramps = arms.map((arm) => open(arm, RAMP_SUFFIX));
    this.#stalls = new StallList(maxStallsPerFrame);
    this.#noted = notes ? new NotedAttempts() : undefined;
  }

  /** An attempt is about to be passed to the engine. */
  begun(
    arm: number,
    ramp: boolean,
    endpoint: number,
    times: Readonly<BegunAt>,
    age: ReuseAge = FIRST_USE,
  ): void {
    const series = this.#series(arm, ramp);
    series.begun(times);
    series.add(COUNTER_AT.scheduled);
    series.add(COUNTER_AT.started);
    series.endpoint(endpoint, 'started');
    series.reused(age.portUs, 'attempts');
    if (this.#arms[arm]!.isUndue !== true)
      this.#lateness.record(Math.round(times.begunAtUs - times.intendedAtUs));
  }

  /** An attempt was due and will not be passed to the engine. */
  dropped(arm: number, ramp: boolean, outcome: DropReason): void {
    const series = this.#series(arm, ramp);
    series.add(COUNTER_AT.scheduled);
    series.add(COUNTER_AT.unsent);
    series.outcome(indexOfOutcome(outcome));
  }

  /** @param age as it was when the attempt began */
  established(record: Readonly<AttemptRecord>, ramp: boolean, age: ReuseAge = FIRST_USE): void {
    const series = this.#series(record.arm, ramp);
    series.add(COUNTER_AT.established);
    series.endpoint(record.endpoint, 'established');
    series.time(TIMED_AT.handshake, Math.round(record.establishedAtUs - record.intendedAtUs));
    series.time(TIMED_AT['handshake-service'], Math.round(record.establishedAtUs - record.startedAtUs));
    if (this.#awaitsPath(record)) return;
    this.#timeRtt(series, record.rttUs);
    this.#judge(series, record, ramp, true, age);
  }

  /**
   * The attempt has ended.
   * @param age as it was when the attempt began
   * @param carried time taken by an earlier connection of the same request
   * @returns how it ended
   */
  settled(
    record: Readonly<AttemptRecord>,
    ramp: boolean,
    age: ReuseAge = FIRST_USE,
    carried: CarriedTime = NOTHING_CARRIED,
  ): Outcome {
    const series = this.#series(record.arm, ramp);
    const outcome = classify(record, this.#arms[record.arm]!.expect);
    series.ended(record);
    series.outcome(indexOfOutcome(outcome));
    if (record.refusedBy !== '') series.named('refusals', record.refusedBy);
    if (groupOfOutcome(outcome) === 'unsent') {
      // It was counted as started when it began; the engine found that no SYN could be sent.
      series.add(COUNTER_AT.started, -1);
      series.endpoint(record.endpoint, 'started', -1);
      series.reused(age.portUs, 'attempts', -1);
      series.add(COUNTER_AT.unsent);
      return outcome;
    }
    if (record.schemesOffered !== '') series.named('schemesOffered', record.schemesOffered);
    if (record.errorName !== '') series.named('errorNames', record.errorName);
    if (outcome === 'unexpected-content')
      for (const name of record.unmet ?? []) series.named('unmetContent', name);
    if (record.requestRetransmits >= 0) series.requestRetransmits(record.requestRetransmits);
    let isNoted = false;
    if (record.establishedAtUs < 0) isNoted = this.#judge(series, record, ramp, false, age);
    else if (this.#awaitsPath(record)) {
      this.#timeRtt(series, record.minRttUs > 0 ? record.minRttUs : record.rttUs);
      isNoted = this.#judge(series, record, ramp, true, age);
    }
    if (!isNoted) this.#noted?.addEnded(record, ramp, outcome);
    series.add(COUNTER_AT.bytes, record.bytes);
    series.browsing?.settled(record);
    if (this.#arms[record.arm]!.isOfBrowsers !== true) {
      if (groupOfOutcome(outcome) !== 'step') series.add(COUNTER_AT.requests);
      countAnswers(series, record);
    }
    recordPhases(series, record, outcome);
    recordExchange(series, record, outcome, carried);
    return outcome;
  }

  /** For browsers: a challenge arrived, this long after its request. */
  challenged(arm: number, tookUs: number): void {
    const series = this.#series(arm, false);
    series.add(COUNTER_AT.challenges);
    series.time(TIMED_AT.challenge, Math.round(tookUs));
  }

  /** For browsers: a response with this status arrived, including challenges. */
  answered(arm: number, status: number, errorName = ''): void {
    const series = this.#series(arm, false);
    series.answered(status, false);
    if (errorName !== '') series.named('errorNames', errorName);
  }

  /**
   * For browsers: an object of a page has ended.
   * @param tookUs -1 if it failed
   */
  objectOver(arm: number, tookUs: number): void {
    const series = this.#series(arm, false);
    series.add(COUNTER_AT.requests);
    if (tookUs >= 0) series.time(TIMED_AT.object, Math.round(tookUs));
  }

  /**
   * For browsers: a page has ended.
   * @param tookUs -1 if it failed, in part or as a whole
   */
  pageOver(arm: number, tookUs: number): void {
    const series = this.#series(arm, false);
    series.browsing?.pageOver(tookUs >= 0);
    if (tookUs >= 0) series.time(TIMED_AT.page, Math.round(tookUs));
  }

  /** What is counted of an arm of browsers besides; undefined for another arm. */
  browsing(arm: number): BrowsingCounter | undefined {
    return this.#measured[arm]?.browsing;
  }

  /** The second's counts, histograms and stalls; resets them for the next second. */
  takeFrame(second: number, open: number): TakenFrame {
    const { stalls, leftOut } = this.#stalls.take();
    const frame: Frame = { second, series: {}, open, stallsLeftOut: leftOut };
    const histograms: FrameHistograms = {};
    for (const series of [...this.#measured, ...this.#ramps]) {
      const counts = series.takeCounts();
      if (counts !== undefined) frame.series[series.name] = counts;
      series.takeHistograms(histograms);
    }
    const lateness = this.#lateness.take();
    if (lateness !== undefined) histograms[LATENESS_TAG] = lateness;
    const noted = this.#noted?.take();
    return { frame, histograms, stalls, ...(noted === undefined ? {} : { noted }) };
  }

  #series(arm: number, ramp: boolean): SeriesCounter {
    return (ramp ? this.#ramps : this.#measured)[arm]!;
  }

  #awaitsPath(record: Readonly<AttemptRecord>): boolean {
    const { isSoonOver, stallAfterUs } = this.#arms[record.arm]!;
    if (isSoonOver !== true || record.synRetransmits <= 0) return false;
    const handshakeUs = record.establishedAtUs - record.startedAtUs;
    return needsPath({ handshakeUs, synRetransmits: record.synRetransmits }, record.rttUs, stallAfterUs);
  }

  /** @param rttUs 0: no sample (net/ipv4/tcp.c, tcp_get_info) */
  #timeRtt(series: SeriesCounter, rttUs: number): void {
    if (rttUs > 0) series.time(TIMED_AT.rtt, rttUs);
  }

  /** @returns whether its packets are looked at for what its handshake was like */
  #judge(
    series: SeriesCounter,
    record: Readonly<AttemptRecord>,
    ramp: boolean,
    established: boolean,
    age: ReuseAge,
  ): boolean {
    if (record.synRetransmits >= 0) series.retransmits(record.synRetransmits);
    const facts = this.#facts;
    facts.handshakeUs = (established ? record.establishedAtUs : record.endedAtUs) - record.startedAtUs;
    facts.established = established;
    facts.stopped = record.cause === 'stopped';
    facts.synRetransmits = record.synRetransmits;
    facts.pathUs = record.minRttUs;
    const verdict = judgeHandshake(facts, this.#arms[record.arm]!.stallAfterUs);
    switch (verdict) {
      case 'prompt':
        break;
      case 'healed':
      case 'slow':
        series.add(COUNTER_AT[verdict]);
        break;
      case 'recovered':
      case 'frozen':
      case 'unresolved':
        this.#countStall(series, record, facts.handshakeUs, verdict, age);
    }
    return this.#noted?.addJudged(record, ramp, established, verdict) ?? false;
  }

  #countStall(
    series: SeriesCounter,
    record: Readonly<AttemptRecord>,
    handshakeUs: number,
    verdict: Extract<HandshakeVerdict, Stall['fate']>,
    age: ReuseAge,
  ): void {
    series.add(COUNTER_AT[verdict]);
    series.browsing?.stalled(record.synRetransmits);
    series.endpoint(record.endpoint, 'stalled');
    series.stalledIn(Math.floor(record.startedAtUs / 1_000_000));
    series.reused(age.portUs, 'stalled');
    this.#stalls.add(series.name, this.#arms[record.arm]!, record, handshakeUs, verdict, age);
  }
}
