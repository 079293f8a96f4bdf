import type { AttemptRecord, Engine } from '../engine/types.ts';
import type { CarriedTime } from '../metrics/exchange-times.ts';
import type { Recorder } from '../metrics/recorder.ts';
import { FIRST_USE, type ReuseAge } from '../metrics/reuse-bins.ts';
import type { Ticker } from '../net/ticker.ts';
import { type DropReason, groupOfOutcome, type Outcome } from '../outcome/outcome.ts';
import { closedShare } from '../plan/closed.ts';
import type { Pacer } from '../plan/pacer.ts';
import { cursorOf, pacerOf, sweepOf } from './arm-plan.ts';
import { createClosedFeeder } from './closed-feeder.ts';
import type { Feeder, Launcher } from './feeder.ts';
import { createOpenFeeder } from './open-feeder.ts';
import type { PlannedArm, ShardPlan } from './protocol.ts';
import { SourcePortPool } from './source-port-pool.ts';
import { createSweepFeeder, type SweepLauncher } from './sweep-feeder.ts';
import type { TokenStock } from './token-stock.ts';

export interface ArmRunnerOptions {
  readonly plan: ShardPlan;
  readonly planned: PlannedArm;
  /** The arm's index in the plan. */
  readonly index: number;
  readonly engine: Engine;
  readonly recorder: Recorder;
  readonly ticker: Ticker;
  /** For an arm with Negotiate. */
  readonly stock?: TokenStock;
}

/** Joins what one arm of a shard needs: the feeder that starts its attempts and the recorder that counts them. */
export class ArmRunner implements Launcher, SweepLauncher {
  readonly feeder: Feeder;
  readonly #ticker: Ticker;
  readonly #index: number;
  readonly #engine: Engine;
  readonly #recorder: Recorder;
  readonly #pacer: Pacer | undefined;
  readonly #maxOpen: number;
  readonly #endpoints: number;
  readonly #sources: number;
  readonly #ports: SourcePortPool | undefined;
  readonly #stock: TokenStock | undefined;
  /** Reused for every attempt: passed as arguments, numbers like these allocate heap. */
  readonly #begun = { intendedAtUs: -0.5, begunAtUs: -0.5 };
  /** For a sweep's open attempts: how long their ports had rested. */
  readonly #sweepAges = new Map<number, ReuseAge>();
  /** For open attempts that continue a request: the time taken by its earlier connection. */
  readonly #carried = new Map<number, CarriedTime>();

  constructor(options: ArmRunnerOptions) {
    const { plan, planned, index, engine, recorder, ticker } = options;
    this.#ticker = ticker;
    this.#index = index;
    this.#engine = engine;
    this.#recorder = recorder;
    this.#maxOpen = plan.maxOpen;
    this.#endpoints = planned.endpoints.length;
    this.#sources = planned.sources.length;
    this.#stock = options.stock;
    this.#pacer = pacerOf(planned, plan.share);
    const isSweep = planned.arm.load.kind === 'sweep';
    this.#ports = isSweep ? undefined : SourcePortPool.open(planned, plan.index, plan.count);
    this.feeder = this.#createFeeder(options);
  }

  blockedReason(nowUs: number): Exclude<DropReason, 'unsent-late'> | undefined {
    if (this.#engine.open >= this.#maxOpen) return 'unsent-open-limit';
    // An attempt that waits for a challenge needs credentials as well: it would only fail later.
    if (this.#stock?.hasAny() === false) return 'unsent-no-credentials';
    return this.#ports?.hasFree(nowUs) === false ? 'unsent-no-port' : undefined;
  }

  start(attempt: number, { atUs }: { readonly atUs: number }): void {
    this.#ticker.tick();
    this.#begun.intendedAtUs = atUs;
    this.#startFresh(attempt, false);
  }

  startUndue(attempt: number): void {
    this.#ticker.tick();
    this.#begun.intendedAtUs = this.#ticker.us[0]!;
    this.#startFresh(attempt, false);
  }

  startFrom(attempt: number, intendedAtUs: number, source: number, port: number, delayUs: number): void {
    const age = delayUs < 0 ? FIRST_USE : { portUs: delayUs, sourceUs: -1 };
    if (delayUs >= 0) this.#sweepAges.set(attempt, age);
    this.#ticker.tick();
    this.#begun.intendedAtUs = intendedAtUs;
    this.#begin(attempt, source, port, age);
  }

  drop(attempt: number, reason: DropReason): void {
    this.#recorder.dropped(this.#index, this.#isRamp(attempt), reason);
  }

  established(record: Readonly<AttemptRecord>): void {
    this.#recorder.established(record, this.#isRamp(record.attempt), this.#ageOf(record));
  }

  settled(record: Readonly<AttemptRecord>): void {
    const { attempt } = record;
    const carried = this.#carried.size === 0 ? undefined : this.#carried.get(attempt);
    const outcome = this.#recorder.settled(record, this.#isRamp(attempt), this.#ageOf(record), carried);
    this.#ports?.release(record, outcome);
    if (this.#sweepAges.size > 0) this.#sweepAges.delete(attempt);
    if (carried !== undefined) this.#carried.delete(attempt);
    this.#stock?.release(attempt);
    if (groupOfOutcome(outcome) === 'step') this.#carryOn(record, outcome);
    else this.feeder.settled(record, outcome);
  }

  /**
   * The far end asked for credentials and closed: the same request continues at once on another connection. It is due
   * now, not when its first connection was: the time of the first counts for the request, not for this handshake.
   */
  #carryOn(record: Readonly<AttemptRecord>, outcome: Outcome): void {
    const { attempt, endedAtUs } = record;
    const blockedReason = this.blockedReason(endedAtUs);
    if (blockedReason !== undefined) {
      this.drop(attempt, blockedReason);
      this.feeder.settled(record, outcome);
      return;
    }
    this.#carried.set(attempt, {
      sinceIntendedUs: endedAtUs - record.intendedAtUs,
      sinceStartedUs: endedAtUs - record.startedAtUs,
    });
    this.#ticker.tick();
    this.#begun.intendedAtUs = endedAtUs;
    this.#startFresh(attempt, true);
  }

  #startFresh(attempt: number, isContinued: boolean): void {
    const ports = this.#ports;
    if (ports === undefined) {
      this.#begin(attempt, this.#sourceOf(attempt), 0, FIRST_USE, isContinued);
      return;
    }
    const age = ports.take(this.#ticker.us[0]!);
    this.#begin(attempt, ports.source, ports.port, age, isContinued);
  }

  #createFeeder({ plan, planned }: ArmRunnerOptions): Feeder {
    const { load } = planned.arm;
    switch (load.kind) {
      case 'closed':
        return createClosedFeeder(closedShare(load, plan.index, plan.count), this);
      case 'open':
        return createOpenFeeder(cursorOf(this.#pacer!, plan), this, plan.maxLatenessUs);
      case 'sweep':
        return createSweepFeeder(sweepOf(planned, load, plan.index, plan.count), this, plan.maxLatenessUs);
      case 'browsers':
        throw new RangeError('browsers have a runner of their own');
    }
  }

  /** {@link #begun} holds when it is due; it begins as of the last tick. */
  #begin(attempt: number, source: number, port: number, age: ReuseAge, isContinued = false): void {
    const endpoint = attempt % this.#endpoints;
    const begun = this.#begun;
    begun.begunAtUs = this.#ticker.us[0]!;
    this.#recorder.begun(this.#index, this.#isRamp(attempt), endpoint, begun, age);
    this.#stock?.promise(attempt);
    this.#engine.start(this.#index, attempt, begun, source, port, isContinued);
  }

  #ageOf(record: Readonly<AttemptRecord>): ReuseAge {
    if (this.#ports !== undefined) return this.#ports.ageOf(record);
    return (this.#sweepAges.size > 0 ? this.#sweepAges.get(record.attempt) : undefined) ?? FIRST_USE;
  }

  #isRamp(attempt: number): boolean {
    return this.#pacer?.isRamp(attempt) ?? false;
  }

  /**
   * Pairs every source with every endpoint: engines rotate endpoints by attempt, and the source changes after all
   * endpoints.
   */
  #sourceOf(attempt: number): number {
    return this.#sources === 0 ? -1 : Math.floor(attempt / this.#endpoints) % this.#sources;
  }
}
