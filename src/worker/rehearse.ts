import { ENGINES } from '../engine/registry.ts';
import type { CreateEngine } from '../engine/types.ts';
import { epochMs } from '../epoch-ms.ts';
import type { Expectation } from '../outcome/expectation.ts';
import { loadAttempts, peakPerSec } from '../scenario/load-shape.ts';
import type { Load } from '../scenario/load-types.ts';
import { openShard } from './open-shard.ts';
import type { PlannedArm, ShardPlan } from './protocol.ts';
import type { ShardClock } from './shard-clock.ts';
import { TokenStocks } from './token-stocks.ts';

/**
 * Attempts per act. From the early acts, whose objects are discarded, the compiler learns that callees may vary: the
 * code that it produces in the last act remains valid for the load.
 */
const ACTS = [500, 500, 2_500];

/**
 * At most, and never more than a third of what the load may have open: each has a second descriptor at its far end.
 */
const OPEN_AT_ONCE = 64;

/**
 * How often the engine polls before the far end answers, because no real far end answers at once; and every so many
 * turns, more often than a socket is polled by poll(2) before it is left to the reactor.
 */
const LOOKS = 2;
const LONG_LOOKS = 10;
const TURNS_TO_A_LONG_ONE = 8;

/** A slow machine starts with less practice rather than late. */
const LONGEST_US = 1_000_000;

/** Below these a rehearsal is not worthwhile: starts per second of one worker, and attempts in total. */
const LEAST_PER_SEC = 500;
const LEAST_ATTEMPTS = 1_000;

/**
 * Runs complete attempts against a far end in this same thread, before the load: V8 compiles frequently run code, and
 * without this the first ten thousand connections would be expensive and late. Nothing is recorded, and nothing
 * leaves the loopback.
 *
 * @param longestUs of an act
 * @returns how many attempts were completed; 0 if it is not worthwhile, or not possible
 */
export async function rehearse(
  plan: ShardPlan,
  createEngine: CreateEngine,
  clock: ShardClock,
  longestUs = LONGEST_US,
): Promise<number> {
  const busiest = findBusiest(plan);
  if (busiest === undefined) return 0;
  const { RehearsalPeer } = await import('../engine/raw/rehearsal-peer.ts');
  const peer = RehearsalPeer.open();
  if (peer === undefined) return 0;
  let completed = 0;
  try {
    for (const attempts of ACTS) {
      const act = planAct(plan, busiest, attempts, peer.port);
      completed += playAct(act, createEngine, clock, peer, longestUs);
    }
  } finally {
    peer.close();
  }
  return completed;
}

/** The busiest arm among those whose code a rehearsal covers; undefined if none is busy enough. */
function findBusiest({ engine, arms, count }: ShardPlan): PlannedArm | undefined {
  if (!ENGINES[engine].rehearses) return undefined;
  const isWorthIt = ({ arm: { load } }: PlannedArm): boolean =>
    attemptsPerSec(load) >= LEAST_PER_SEC * count &&
    (loadAttempts(load) ?? Number.POSITIVE_INFINITY) >= LEAST_ATTEMPTS * count;
  const [first, ...others] = arms.filter(isWorthIt);
  return others.reduce(
    (busiest, arm) => (attemptsPerSec(arm.arm.load) > attemptsPerSec(busiest!.arm.load) ? arm : busiest),
    first,
  );
}

/** A closed loop runs as fast as it can. */
function attemptsPerSec(load: Load): number {
  if (load.kind === 'closed') return Number.POSITIVE_INFINITY;
  return load.kind === 'open' ? peakPerSec(load) : 0;
}

/**
 * The same arm with all attempts due at once, and without what depends on its real far end: names, sources,
 * credentials.
 */
function planAct(plan: ShardPlan, { arm }: PlannedArm, attempts: number, port: number): ShardPlan {
  const { auth: _auth, source: _source, holdsTogether: _together, ...rest } = arm;
  const maxOpen = Math.max(1, Math.min(OPEN_AT_ONCE, Math.floor(plan.maxOpen / 3)));
  const load: Load =
    arm.load.kind === 'closed'
      ? { kind: 'closed', concurrency: maxOpen, attempts }
      : { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 1_000_000, forUs: attempts }] };
  return {
    ...plan,
    ...{ index: 0, count: 1, maxOpen, maxLatenessUs: Number.POSITIVE_INFINITY },
    arms: [
      {
        arm: { ...rest, load, expect: expectAnswer(arm.expect), holdUs: 0 },
        endpoints: [{ address: '127.0.0.1', port, family: 4 }],
        sources: [],
      },
    ],
  };
}

/** The very object if it fits: code is compiled for its shape. */
function expectAnswer(expected: Expectation): Expectation {
  if (expected.kind === 'refused') return { kind: 'established' };
  if (expected.kind === 'status' && expected.statuses.length > 0 && !expected.statuses.includes(200))
    return { kind: 'status', statuses: [200] };
  // The rehearsal's response cannot satisfy the arm's content conditions.
  if (expected.kind === 'status' && expected.content !== undefined)
    return { kind: 'status', statuses: expected.statuses };
  return expected;
}

/** @returns how many attempts were completed before the time was up */
function playAct(
  act: ShardPlan,
  createEngine: CreateEngine,
  clock: ShardClock,
  peer: { serve(): void },
  longestUs: number,
): number {
  clock.startAt(epochMs());
  const shard = openShard(act, createEngine, clock, new TokenStocks(act, () => undefined));
  const { engine, single, recorder } = shard;
  const feeder = shard.feeders[0]!;
  try {
    let turn = 0;
    for (let nowUs = clock.now(); nowUs < longestUs; nowUs = clock.now()) {
      feeder.launch(nowUs, OPEN_AT_ONCE);
      const looks = turn % TURNS_TO_A_LONG_ONE === 0 ? LONG_LOOKS : LOOKS;
      for (let look = 0; look < looks; look += 1) engine.poll(0);
      peer.serve();
      turn += 1;
      if (engine.open === 0 && feeder.standing(nowUs) === 'exhausted') break;
    }
  } finally {
    engine.abort();
    single.close();
  }
  const { series } = recorder.takeFrame(0, 0).frame;
  return Object.values(series).reduce((sum, { completed }) => sum + completed, 0);
}
