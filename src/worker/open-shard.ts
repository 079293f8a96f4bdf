import type { BrowserEngine } from '../engine/browser/engine.ts';
import type { Sockets } from '../engine/browser/sockets/types.ts';
import { EchoEngine } from '../engine/echo/engine.ts';
import { withEchoes } from '../engine/echo/with-echoes.ts';
import type { AttemptObserver, CreateEngine, Engine } from '../engine/types.ts';
import { Recorder } from '../metrics/recorder.ts';
import { toEngineArm, toRecordedArm } from './arm-plan.ts';
import { ArmRunner } from './arm-runner.ts';
import type { BrowserRunner } from './browser-runner.ts';
import { joinEngines, type LoopEngine } from './join-engines.ts';
import type { LoopFeeder } from './loop.ts';
import type { ShardPlan } from './protocol.ts';
import type { ShardClock } from './shard-clock.ts';
import type { TokenStocks } from './token-stocks.ts';

/** Stalls per second that the thread reports individually; the rest is only counted. */
const MAX_STALLS_PER_FRAME = 500;

/** Everything that executes a shard's attempts, joined: nothing has started yet. */
export interface OpenShard {
  readonly recorder: Recorder;
  /** The engine for all arms without browsers. */
  readonly single: Engine;
  /** That engine and the browser populations. */
  readonly engine: LoopEngine;
  readonly feeders: readonly LoopFeeder[];
  /** Releases what the engines hold; nothing may be open any more. */
  close(): void;
}

/** @param Browsers implementation for arms with browsers; a plan without them does not need it */
export function openShard(
  plan: ShardPlan,
  createEngine: CreateEngine,
  clock: ShardClock,
  stocks: TokenStocks,
  Browsers?: typeof BrowserRunner,
): OpenShard {
  const recorder = new Recorder({
    arms: plan.arms.map(toRecordedArm),
    maxStallsPerFrame: MAX_STALLS_PER_FRAME,
    notes: plan.notes === true,
  });
  const runners: ArmRunner[] = [];
  const observer: AttemptObserver = {
    established: (record) => runners[record.arm]!.established(record),
    settled: (record) => runners[record.arm]!.settled(record),
  };
  const opener = createEngine({
    arms: plan.arms.map((planned, index) => toEngineArm(planned, stocks.of(index))),
    observer,
    clock,
    maxOpen: plan.maxOpen,
    shard: { index: plan.index, count: plan.count },
  });
  const sockets = openSockets(plan, clock, opener, Browsers);
  const single = addEchoes(plan, observer, clock, opener);
  const populations: BrowserEngine[] = [];
  const feeders: LoopFeeder[] = plan.arms.map((planned, index) => {
    const stock = stocks.of(index);
    const { load } = planned.arm;
    const shared = { plan, planned, index, recorder, ...(stock && { stock }) };
    if (load.kind === 'browsers') {
      if (Browsers === undefined) throw new Error(`nothing was loaded that plays arm ${planned.arm.name}`);
      const population = new Browsers({
        ...shared,
        load,
        ...(sockets && { sockets }),
        clock: clock.now,
        countOpen: () => engine.open,
      });
      populations.push(population.engine);
      return population;
    }
    const runner = new ArmRunner({ ...shared, engine: single, ticker: clock });
    runners[index] = runner;
    return runner.feeder;
  });
  const engine = joinEngines(single, populations);
  return {
    ...{ recorder, single, engine, feeders },
    close() {
      try {
        single.close();
      } finally {
        sockets?.close();
      }
    },
  };
}

/** Those that browsers share, if they do; the engine waits for them as well. */
function openSockets(
  plan: ShardPlan,
  clock: ShardClock,
  engine: Engine,
  Browsers: typeof BrowserRunner | undefined,
): Sockets | undefined {
  try {
    const sockets = Browsers?.socketsFor(plan, clock.now);
    if (sockets?.fd !== undefined) engine.watchBesides?.(sockets.fd);
    return sockets;
  } catch (error) {
    engine.close();
    throw error;
  }
}

/** Arms that ping have no connections, whatever engine opens those of the others. */
function addEchoes(plan: ShardPlan, observer: AttemptObserver, clock: ShardClock, engine: Engine): Engine {
  const arms = new Map(
    plan.arms.flatMap(({ arm, endpoints, sources }, index) =>
      arm.via === 'icmp' ? [[index, { endpoints, sources, timeoutUs: arm.handshakeTimeoutUs }] as const] : [],
    ),
  );
  if (arms.size === 0) return engine;
  return withEchoes(engine, new EchoEngine({ arms, observer, clock }), new Set(arms.keys()));
}
