import type { MessagePort } from 'node:worker_threads';
import type { CreateEngine } from '../engine/types.ts';
import { Recorder } from '../metrics/recorder.ts';
import { toEngineArm, toRecordedArm } from './arm-plan.ts';
import { ArmRunner } from './arm-runner.ts';
import { runLoop } from './loop.ts';
import type { FromWorker, ShardPlan, ToWorker } from './protocol.ts';

/** Stalls a second that leave the thread one by one; the rest is counted. */
const MAX_STALLS_PER_FRAME = 500;

/** Executes one shard: from `start` until everything has settled, reporting a frame a second. */
export async function runShard(
  plan: ShardPlan,
  createEngine: CreateEngine,
  port: MessagePort,
): Promise<void> {
  let originUs = performance.now() * 1_000;
  const clock = (): number => performance.now() * 1_000 - originUs;
  const send = (message: FromWorker): void => port.postMessage(message);

  const recorder = new Recorder({
    arms: plan.arms.map(toRecordedArm),
    maxStallsPerFrame: MAX_STALLS_PER_FRAME,
  });
  const runners: ArmRunner[] = [];
  const engine = createEngine({
    arms: plan.arms.map(toEngineArm),
    observer: {
      established: (record) => runners[record.arm]!.established(record),
      settled: (record) => runners[record.arm]!.settled(record),
    },
    clock,
    maxOpen: plan.maxOpen,
  });
  plan.arms.forEach((planned, index) => {
    runners.push(new ArmRunner({ plan, planned, index, engine, recorder, clock }));
  });

  try {
    send({ kind: 'ready', shard: plan.index, readsTcpInfo: engine.readsTcpInfo });
    const first = await nextMessage(port);
    if (first.kind === 'stop') return;
    originUs = (first.atEpochMs - performance.timeOrigin) * 1_000;

    const report = (second: number): void =>
      send({ kind: 'frame', shard: plan.index, ...recorder.takeFrame(second, engine.open) });
    const feeders = runners.map((runner) => runner.feeder);
    const loop = runLoop({ engine, feeders, clock, drainUs: plan.drainUs, onSecond: report });
    port.on('message', (message: ToWorker) => {
      if (message.kind === 'stop') loop.stop(message.how);
    });
    await loop.finished;
    report(Math.max(0, Math.floor(clock() / 1_000_000)));
    send({ kind: 'done', shard: plan.index });
  } finally {
    port.removeAllListeners('message');
    engine.close();
  }
}

function nextMessage(port: MessagePort): Promise<ToWorker> {
  return new Promise((resolve) => port.once('message', resolve));
}
