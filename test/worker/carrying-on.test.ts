import { describe, expect, it } from 'vitest';
import type { AttemptRecord, Engine } from '../../src/engine/types.ts';
import { Recorder } from '../../src/metrics/recorder.ts';
import { toRecordedArm } from '../../src/worker/arm-plan.ts';
import { ArmRunner } from '../../src/worker/arm-runner.ts';
import type { PlannedArm, ShardPlan } from '../../src/worker/protocol.ts';
import { armOf } from '../analysis/parts.ts';
import { recordOf } from '../metrics/attempts.ts';

/** One arm of a closed loop, over an engine that does what the test says. */
function runnerOver(attempts: number, maxOpen = 10) {
  const started: { attempt: number; intendedAtUs: number; isContinued: boolean }[] = [];
  let open = 0;
  const engine = {
    get open() {
      return open;
    },
    start(_arm, attempt, { intendedAtUs }, _source, _port, isContinued = false) {
      open += 1;
      started.push({ attempt, intendedAtUs, isContinued });
    },
  } as Partial<Engine> as Engine;
  const arm = armOf({
    via: 'proxy',
    expect: { kind: 'status', statuses: [200] },
    load: { kind: 'closed', concurrency: 1, attempts },
  });
  const planned: PlannedArm = {
    arm,
    endpoints: [{ address: '127.0.0.1', port: 3_128, family: 4 }],
    sources: [],
  };
  const plan: ShardPlan = {
    index: 0,
    count: 1,
    engine: 'raw',
    arms: [planned],
    maxOpen,
    maxLatenessUs: 1_000_000,
    drainUs: 1,
  };
  const recorder = new Recorder({ arms: [toRecordedArm(planned)], maxStallsPerFrame: 10 });
  const runner = new ArmRunner({
    plan,
    planned,
    index: 0,
    engine,
    recorder,
    ticker: { tick() {}, us: Float64Array.of(7_000) },
  });
  const settle = (record: Partial<AttemptRecord>, stillOpen = 0): void => {
    open = stillOpen;
    runner.settled(recordOf(record));
  };
  return { runner, recorder, started, settle };
}

const CLOSED_AFTER_407 = {
  challengedAtUs: 4_000,
  endedAtUs: 5_000,
  respondedAtUs: -1,
  phase: 'response',
  cause: 'challenged',
  status: 407,
} as const;

describe('an arm whose proxy closes after its 407', () => {
  it('carries the request on at once, on another connection, and takes both for one turn of its loop', () => {
    const { runner, recorder, started, settle } = runnerOver(2);
    runner.feeder.launch(0, 64);
    settle({ attempt: 0, ...CLOSED_AFTER_407 });
    expect(started).toEqual([
      { attempt: 0, intendedAtUs: 7_000, isContinued: false },
      { attempt: 0, intendedAtUs: 5_000, isContinued: true },
    ]);
    expect(runner.feeder.launch(6_000, 64)).toBe(0);
    settle({ attempt: 0, startedAtUs: 5_000, respondedAtUs: 9_000 });
    expect(runner.feeder.launch(9_000, 64)).toBe(1);
    expect(started.at(-1)).toMatchObject({ attempt: 1, isContinued: false });
    expect(recorder.takeFrame(0, 0).frame.series['stress']).toMatchObject({
      started: 3,
      completed: 1,
      requests: 1,
      challenges: 1,
    });
  });

  it('counts what it could not carry on as unsent, and goes on with the next', () => {
    const { runner, recorder, started, settle } = runnerOver(2, 1);
    runner.feeder.launch(0, 64);
    settle({ attempt: 0, ...CLOSED_AFTER_407 }, 1);
    expect(started).toHaveLength(1);
    expect(recorder.takeFrame(0, 0).frame.series['stress']).toMatchObject({
      scheduled: 2,
      started: 1,
      unsent: 1,
      outcomes: { 'proxy-closed-after-407': 1, 'unsent-open-limit': 1 },
    });
    settle({ attempt: 9 });
    expect(runner.feeder.standing(10_000)).toBe('timed');
  });

  it('does not carry on what was refused again', () => {
    const { runner, started, settle } = runnerOver(1);
    runner.feeder.launch(0, 64);
    settle({ attempt: 0, ...CLOSED_AFTER_407, cause: 'denied' });
    expect(started).toHaveLength(1);
  });
});
