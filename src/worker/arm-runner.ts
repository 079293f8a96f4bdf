import type { AttemptRecord, Clock, Engine } from '../engine/types.ts';
import type { Recorder } from '../metrics/recorder.ts';
import { closedShare } from '../plan/closed.ts';
import { createCursor, type Pacer } from '../plan/pacer.ts';
import { pacerOf } from './arm-plan.ts';
import { createClosedFeeder } from './closed-feeder.ts';
import type { Feeder, Launcher } from './feeder.ts';
import { createOpenFeeder } from './open-feeder.ts';
import type { PlannedArm, ShardPlan } from './protocol.ts';

export interface ArmRunnerOptions {
  readonly plan: ShardPlan;
  readonly planned: PlannedArm;
  /** The arm's index in the plan. */
  readonly index: number;
  readonly engine: Engine;
  readonly recorder: Recorder;
  readonly clock: Clock;
}

/** Joins what one arm of a shard needs: the feeder that starts its attempts and the recorder that counts them. */
export class ArmRunner implements Launcher {
  readonly feeder: Feeder;
  readonly now: Clock;
  readonly #index: number;
  readonly #engine: Engine;
  readonly #recorder: Recorder;
  readonly #pacer: Pacer | undefined;
  readonly #maxOpen: number;
  readonly #endpoints: number;
  readonly #sources: number;

  constructor({ plan, planned, index, engine, recorder, clock }: ArmRunnerOptions) {
    this.now = clock;
    this.#index = index;
    this.#engine = engine;
    this.#recorder = recorder;
    this.#maxOpen = plan.maxOpen;
    this.#endpoints = planned.endpoints.length;
    this.#sources = planned.arm.socket.bind.length;
    this.#pacer = pacerOf(planned);
    const { load } = planned.arm;
    this.feeder =
      load.kind === 'closed'
        ? createClosedFeeder(closedShare(load, plan.index, plan.count), this)
        : createOpenFeeder(createCursor(this.#pacer!, plan.index, plan.count), this, plan.maxLatenessUs);
  }

  hasRoom(): boolean {
    return this.#engine.open < this.#maxOpen;
  }

  start(attempt: number, intendedAtUs: number): void {
    const endpoint = attempt % this.#endpoints;
    this.#recorder.begun(this.#index, this.#isRamp(attempt), endpoint, intendedAtUs, this.now());
    this.#engine.start(this.#index, attempt, intendedAtUs, this.#sourceOf(attempt), 0);
  }

  skip(attempt: number, reason: 'unsent-late' | 'unsent-open-limit'): void {
    this.#recorder.skipped(this.#index, this.#isRamp(attempt), reason);
  }

  established(record: Readonly<AttemptRecord>): void {
    this.#recorder.established(record, this.#isRamp(record.attempt));
  }

  settled(record: Readonly<AttemptRecord>): void {
    this.#recorder.settled(record, this.#isRamp(record.attempt));
    this.feeder.settled();
  }

  #isRamp(attempt: number): boolean {
    return this.#pacer?.isRamp(attempt) ?? false;
  }

  /** Every source meets every endpoint: engines take endpoints in turn by attempt, sources turn once all had theirs. */
  #sourceOf(attempt: number): number {
    return this.#sources === 0 ? -1 : Math.floor(attempt / this.#endpoints) % this.#sources;
  }
}
