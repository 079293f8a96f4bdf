import type { AttemptRecord, CreateEngine } from '../../src/engine/types.ts';
import type { SeriesCounts } from '../../src/metrics/types.ts';
import { classify } from '../../src/outcome/classify.ts';
import type { Arm } from '../../src/scenario/types.ts';
import { runLoop } from '../../src/worker/loop.ts';
import { openShard } from '../../src/worker/open-shard.ts';
import type { PlannedArm, ShardPlan } from '../../src/worker/protocol.ts';
import type { ShardClock } from '../../src/worker/shard-clock.ts';
import { TokenStocks } from '../../src/worker/token-stocks.ts';
import { armOf } from '../analysis/parts.ts';
import { type Act, actsOf } from './acts.ts';
import { startActing } from './far-end.ts';

/** What a connection may take, and less than the clock jumps by once nothing else happens any more. */
const TIMEOUT_US = 500_000_000;
const JUMP_US = 2 * TIMEOUT_US;

/** What one look at the clock takes: a few of them, and the loop of the worker lets Node's own have a turn. */
const TICK_US = 200;

/** Looks, a millisecond and a turn of Node's loop apart at least, at an engine that waits for held connections alone. */
const QUIET_LOOKS = 25;

/** Looks without any attempt coming to its end: something was not heard of. */
const STUCK_LOOKS = 3_000;

/** Open at once, of each arm. */
const CONCURRENCY = 24;

const BASIC = { to: 'proxy', scheme: 'basic', credentials: { kind: 'env', name: 'UNUSED' } } as const;

/** The ways in which an arm may read a response, and leave. */
const ARMS: Readonly<Record<string, Partial<Arm>>> = {
  fin: { close: 'fin' },
  peer: { close: 'peer' },
  reset: { close: 'reset' },
  head: { close: 'peer', request: { method: 'HEAD', version: '1.1', headers: [], body: '' } },
  held: { close: 'fin', holdUs: TIMEOUT_US },
  asked: { close: 'peer', auth: { ...BASIC, mode: 'challenge' } },
  'asked-fin': { close: 'fin', auth: { ...BASIC, mode: 'challenge' } },
  'at-once': { close: 'peer', auth: { ...BASIC, mode: 'preemptive' } },
};

/** What became of one connection: `outcome status`, and the schemes offered where there were some. */
export type Told = string;

export interface Played {
  /** By `arm/attempt`, what each of its connections came to, in order. */
  readonly told: ReadonlyMap<string, readonly Told[]>;
  /** By arm: what the recorder counted, all seconds together. */
  readonly counts: Readonly<Record<string, Counted>>;
  readonly acts: ReadonlyMap<string, readonly Act[]>;
}

export interface Counted {
  scheduled: number;
  started: number;
  unsent: number;
  challenges: number;
  outcomes: Record<string, number>;
  statuses: Record<string, number>;
  schemesOffered: Record<string, number>;
}

/** The far end's acts for a seed, `count` or a few less in all, played to an engine through a worker's whole loop. */
export async function playActs(createEngine: CreateEngine, seed: number, count: number): Promise<Played> {
  const each = Math.floor(count / Object.keys(ARMS).length);
  const acts = new Map(
    Object.entries(ARMS).map(([name, { auth }], index) => [
      name,
      actsOf(seed * 16 + index, each, auth !== undefined),
    ]),
  );
  const farEnd = await startActing(acts);
  const clock = createManualClock();
  const plan = planOf(farEnd.port, each);
  const told = new Map<string, Told[]>();
  const counts: Record<string, Counted> = {};
  let settled = 0;
  const note = (record: Readonly<AttemptRecord>): void => {
    const { name, expect } = plan.arms[record.arm]!.arm;
    const key = `${name}/${record.attempt}`;
    const line = [classify(record, expect), record.status, record.schemesOffered]
      .filter((part) => part !== '')
      .join(' ');
    settled += 1;
    told.set(key, [...(told.get(key) ?? []), line]);
  };
  const listening: CreateEngine = (options) =>
    createEngine({
      ...options,
      observer: {
        established: (record) => options.observer.established(record),
        settled(record) {
          note(record);
          options.observer.settled(record);
        },
      },
    });
  const shard = openShard(plan, listening, clock, new TokenStocks(plan, () => {}));
  const report = (second: number): void => {
    const { series } = shard.recorder.takeFrame(second, shard.engine.open).frame;
    for (const [name, more] of Object.entries(series)) {
      counts[name] ??= nothing();
      addCounts(counts[name], more);
    }
  };
  const loop = runLoop({ ...shard, clock, drainUs: Number.MAX_SAFE_INTEGER, onSecond: report });
  let quiet = 0;
  let idle = 0;
  let settledBefore = 0;
  let isStuck = false;
  const watch = setInterval(() => {
    quiet = shard.engine.open > 0 && shard.engine.open === farEnd.held ? quiet + 1 : 0;
    idle = settled === settledBefore ? idle + 1 : 0;
    settledBefore = settled;
    if (idle > STUCK_LOOKS) {
      isStuck = true;
      loop.stop('abort');
    }
    if (quiet < QUIET_LOOKS) return;
    quiet = 0;
    clock.jump(JUMP_US);
  }, 1);
  try {
    await loop.finished;
    if (isStuck) throw new Error(`some connections never ended, such as ${stoppedOf(told).join(', ')}`);
  } finally {
    clearInterval(watch);
    if (shard.engine.open === 0) shard.single.close();
    await farEnd.close();
  }
  report(0);
  return { told, counts, acts };
}

function stoppedOf(told: ReadonlyMap<string, readonly Told[]>): string[] {
  const stopped = [...told].filter(([, lines]) => lines.some((line) => line.startsWith('abandoned')));
  return stopped.map(([key]) => key).slice(0, 5);
}

function planOf(port: number, each: number): ShardPlan {
  const arms = Object.entries(ARMS).map(
    ([name, changes]): PlannedArm => ({
      arm: armOf({
        name,
        via: 'proxy',
        proxy: { host: '127.0.0.1', port },
        target: { scheme: 'http', host: 'origin.example', port: 80, path: `/${name}/{nonce}` },
        expect: { kind: 'status', statuses: [200] },
        load: { kind: 'closed', concurrency: CONCURRENCY, attempts: each },
        handshakeTimeoutUs: TIMEOUT_US,
        responseTimeoutUs: TIMEOUT_US,
        ...changes,
      }),
      endpoints: [{ address: '127.0.0.1', port, family: 4 }],
      sources: [],
      ...(changes.auth && { basicCredentials: ['Basic dXNlcjpwYXNz'] }),
    }),
  );
  return {
    ...{ index: 0, count: 1, engine: 'raw', maxLatenessUs: TIMEOUT_US, drainUs: Number.MAX_SAFE_INTEGER },
    maxOpen: CONCURRENCY * arms.length,
    arms,
  };
}

/** Time passes with each look at it, and by jumps: on whatever machine, nothing times out but what is left waiting. */
function createManualClock(): ShardClock & { jump(byUs: number): void } {
  const us = Float64Array.of(0.5);
  const tick = (): void => {
    us[0] = us[0]! + TICK_US;
  };
  return {
    us,
    tick,
    now() {
      tick();
      return us[0]!;
    },
    startAt() {},
    jump(byUs) {
      us[0] = us[0]! + byUs;
    },
  };
}

function nothing(): Counted {
  return {
    ...{ scheduled: 0, started: 0, unsent: 0, challenges: 0 },
    ...{ outcomes: {}, statuses: {}, schemesOffered: {} },
  };
}

function addCounts(sum: Counted, more: SeriesCounts): void {
  for (const key of ['scheduled', 'started', 'unsent', 'challenges'] as const) sum[key] += more[key];
  for (const key of ['outcomes', 'statuses', 'schemesOffered'] as const)
    for (const [name, count] of Object.entries(more[key])) sum[key][name] = (sum[key][name] ?? 0) + count;
}
