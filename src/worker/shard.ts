import type { MessagePort } from 'node:worker_threads';
import type { CreateEngine } from '../engine/types.ts';
import { warmUpEncoder } from '../metrics/interval-histogram.ts';
import type { BrowserRunner } from './browser-runner.ts';
import { runLoop } from './loop.ts';
import { type OpenShard, openShard } from './open-shard.ts';
import type { FromWorker, ShardPlan, ToWorker } from './protocol.ts';
import { rehearse } from './rehearse.ts';
import { createShardClock, type ShardClock } from './shard-clock.ts';
import { TokenStocks } from './token-stocks.ts';

/** Executes one shard: from `start` until everything has settled, reporting one frame per second. */
export async function runShard(
  plan: ShardPlan,
  createEngine: CreateEngine,
  port: MessagePort,
): Promise<void> {
  const clock = createShardClock(plan.engine);
  const send = (message: FromWorker): void => port.postMessage(message);
  const stocks = new TokenStocks(plan, send);
  const Browsers = await loadBrowsers(plan);
  const shard = openShard(plan, createEngine, clock, stocks, Browsers);
  try {
    await play({ plan, createEngine, clock, port, stocks, send, shard });
  } catch (error) {
    // Engines with anything open cannot be closed, which would be told of instead.
    closeAnyway(shard);
    throw error;
  } finally {
    port.removeAllListeners('message');
  }
  shard.close();
}

function closeAnyway(shard: OpenShard): void {
  try {
    shard.close();
  } catch {
    // The thread ends.
  }
}

interface Play {
  readonly plan: ShardPlan;
  readonly createEngine: CreateEngine;
  readonly clock: ShardClock;
  readonly port: MessagePort;
  readonly stocks: TokenStocks;
  readonly send: (message: FromWorker) => void;
  readonly shard: OpenShard;
}

/** From the rehearsal to the last frame; returns at once if it is not to start. */
async function play({ plan, createEngine, clock, port, stocks, send, shard }: Play): Promise<void> {
  const { recorder, single, engine, feeders } = shard;
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'tokens') stocks.add(message);
  });
  warmUpEncoder();
  const rehearsed = await rehearse(plan, createEngine, clock);
  // Before "ready", so that its receiver knows what is needed before the start.
  stocks.refresh();
  send({ kind: 'ready', shard: plan.index, readsTcpInfo: single.readsTcpInfo, rehearsed });
  const first = await nextMessage(port);
  if (first.kind !== 'start') return;
  clock.startAt(first.atEpochMs);

  const report = (second: number, starvedSec = 0): void => {
    const { frame, ...rest } = recorder.takeFrame(second, engine.open);
    stocks.refresh();
    const starved = starvedSec === 0 ? {} : { starvedSec };
    const whole = { ...frame, ...stocks.takeDiscarded(), ...single.takeDrops?.(), ...starved };
    send({ kind: 'frame', shard: plan.index, frame: whole, ...rest });
  };
  const releases = listReleases(plan);
  const loop = runLoop({
    ...{ engine, feeders, clock, drainUs: plan.drainUs, onSecond: report },
    ...(releases.length > 0 && { releases }),
  });
  port.on('message', (message: ToWorker) => {
    if (message.kind === 'stop') loop.stop(message.how);
  });
  await loop.finished;
  // Not the second that it is now: another may have begun since, and the one before would be in no frame.
  report(loop.second);
  send({ kind: 'done', shard: plan.index });
}

/** When each arm that holds its connections together lets them go. */
function listReleases({ arms }: ShardPlan): { atUs: number; arm: number }[] {
  return arms
    .flatMap(({ arm }, index) => (arm.holdsTogether ? [{ atUs: arm.holdUs, arm: index }] : []))
    .sort((one, other) => one.atUs - other.atUs);
}

/** Loaded only if needed. */
async function loadBrowsers({ arms }: ShardPlan): Promise<typeof BrowserRunner | undefined> {
  if (arms.every(({ arm }) => arm.load.kind !== 'browsers')) return undefined;
  return (await import('./browser-runner.ts')).BrowserRunner;
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
