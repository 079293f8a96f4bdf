import type { MessagePort } from 'node:worker_threads';
import type { BrowserEngine } from '../engine/browser/engine.ts';
import type { CreateEngine } from '../engine/types.ts';
import { warmUpEncoder } from '../metrics/interval-histogram.ts';
import { Recorder } from '../metrics/recorder.ts';
import { toEngineArm, toRecordedArm } from './arm-plan.ts';
import { ArmRunner } from './arm-runner.ts';
import { BrowserRunner } from './browser-runner.ts';
import { joinEngines } from './join-engines.ts';
import { type LoopFeeder, runLoop } from './loop.ts';
import type { FromWorker, ShardPlan, ToWorker } from './protocol.ts';
import { createShardClock } from './shard-clock.ts';
import { TokenStocks } from './token-stocks.ts';

/** Stalls a second that leave the thread one by one; the rest is counted. */
const MAX_STALLS_PER_FRAME = 500;

/** Executes one shard: from `start` until everything has settled, reporting a frame a second. */
export async function runShard(
  plan: ShardPlan,
  createEngine: CreateEngine,
  port: MessagePort,
): Promise<void> {
  const { now: clock, startAt } = createShardClock(plan.engine);
  const send = (message: FromWorker): void => port.postMessage(message);

  const stocks = new TokenStocks(plan, send);
  const recorder = new Recorder({
    arms: plan.arms.map(toRecordedArm),
    maxStallsPerFrame: MAX_STALLS_PER_FRAME,
  });
  const runners: ArmRunner[] = [];
  const single = createEngine({
    arms: plan.arms.map((planned, index) => toEngineArm(planned, stocks.of(index))),
    observer: {
      established: (record) => runners[record.arm]!.established(record),
      settled: (record) => runners[record.arm]!.settled(record),
    },
    clock,
    maxOpen: plan.maxOpen,
    ...(plan.reactor && { reactor: plan.reactor }),
  });
  const populations: BrowserEngine[] = [];
  const feeders: LoopFeeder[] = plan.arms.map((planned, index) => {
    const stock = stocks.of(index);
    const { load } = planned.arm;
    const shared = { plan, planned, index, recorder, clock, ...(stock && { stock }) };
    if (load.kind === 'browsers') {
      const population = new BrowserRunner({ ...shared, load, countOpen: () => engine.open });
      populations.push(population.engine);
      return population;
    }
    const runner = new ArmRunner({ ...shared, engine: single });
    runners[index] = runner;
    return runner.feeder;
  });

  const engine = joinEngines(single, populations);

  try {
    port.on('message', (message: ToWorker) => {
      if (message.kind === 'tokens') stocks.add(message);
    });
    warmUpEncoder();
    // Before "ready", so that who hears that knows what is wanted before the start.
    stocks.refresh();
    send({ kind: 'ready', shard: plan.index, readsTcpInfo: single.readsTcpInfo });
    const first = await nextMessage(port);
    if (first.kind !== 'start') return;
    startAt(first.atEpochMs);

    const report = (second: number): void => {
      const { frame, ...rest } = recorder.takeFrame(second, engine.open);
      stocks.refresh();
      send({ kind: 'frame', shard: plan.index, frame: { ...frame, ...stocks.takeDiscarded() }, ...rest });
    };
    const loop = runLoop({ engine, feeders, clock, drainUs: plan.drainUs, onSecond: report });
    port.on('message', (message: ToWorker) => {
      if (message.kind === 'stop') loop.stop(message.how);
    });
    await loop.finished;
    report(Math.max(0, Math.floor(clock() / 1_000_000)));
    send({ kind: 'done', shard: plan.index });
  } finally {
    port.removeAllListeners('message');
    single.close();
  }
}

/** The first message that is not about tokens. */
function nextMessage(port: MessagePort): Promise<ToWorker> {
  return new Promise((resolve) => {
    const take = (message: ToWorker): void => {
      if (message.kind === 'tokens') return;
      port.off('message', take);
      resolve(message);
    };
    port.on('message', take);
  });
}
