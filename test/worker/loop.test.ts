import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { closedShare } from '../../src/plan/closed.ts';
import { createCursor, createPacer } from '../../src/plan/pacer.ts';
import type { ClosedLoad, OpenLoad } from '../../src/scenario/load-types.ts';
import { createClosedFeeder } from '../../src/worker/closed-feeder.ts';
import type { Feeder, Launcher } from '../../src/worker/feeder.ts';
import { type Loop, runLoop } from '../../src/worker/loop.ts';
import { createOpenFeeder } from '../../src/worker/open-feeder.ts';
import { recordOf } from '../metrics/attempts.ts';

const SECOND_US = 1_000_000;

interface Played {
  readonly begun: number;
  readonly answered: number;
  readonly abandoned: number;
  readonly endedAtUs: number;
  readonly lastSecond: number;
  readonly polls: number;
}

/** An engine whose attempts are answered after `answersAfterUs` of a clock that only its waits move; never: infinite. */
async function play(
  load: ClosedLoad | OpenLoad,
  answersAfterUs: number,
  drainUs: number,
  onSecond: (second: number, loop: Loop, nowUs: number, starvedSec: number) => void = () => {},
  stopsUs: Readonly<Record<number, number>> = {},
  startsAtUs = 0,
): Promise<Played> {
  const us = Float64Array.of(startsAtUs);
  const open: number[] = [];
  const counts = { begun: 0, answered: 0, abandoned: 0, polls: 0, releases: [] as (boolean | undefined)[] };
  const begin = (): void => {
    counts.begun += 1;
    open.push(us[0]! + answersAfterUs);
  };
  const launcher: Launcher = {
    blockedReason: () => undefined,
    start: begin,
    startUndue: begin,
    drop: () => expect.fail('nothing keeps an attempt from being started'),
  };
  const feeder: Feeder =
    load.kind === 'closed'
      ? createClosedFeeder(closedShare(load, 0, 1), launcher)
      : createOpenFeeder(createCursor(createPacer(load), 0, 1), launcher, SECOND_US);
  const engine = {
    polls: true,
    get open() {
      return open.length;
    },
    poll(maxWaitUs: number) {
      counts.polls += 1;
      us[0] = us[0]! + Math.max(1, maxWaitUs) + (stopsUs[counts.polls] ?? 0);
      for (; open.length > 0 && open[0]! <= us[0]!; open.shift(), feeder.settled(recordOf(), 'ok'))
        counts.answered += 1;
    },
    release(isHurried?: boolean) {
      counts.releases.push(isHurried);
    },
    abort() {
      for (let left = open.length; left > 0; left -= 1, open.shift(), feeder.settled(recordOf(), 'abandoned'))
        counts.abandoned += 1;
    },
  };
  let loop: Loop | undefined;
  loop = runLoop({
    ...{ engine, feeders: [feeder], clock: { tick() {}, us }, drainUs },
    // The first turn is taken before there is anything to stop.
    onSecond: (second, starvedSec) => onSecond(second, loop!, us[0]!, starvedSec),
  });
  await loop.finished;
  return { ...counts, endedAtUs: us[0]!, lastSecond: loop.second };
}

describe('the loop of a shard', () => {
  it('waits for a closed loop bounded by its count alone, however long that takes', async () => {
    const played = await play({ kind: 'closed', concurrency: 2, attempts: 20 }, SECOND_US, 3 * SECOND_US);
    expect(played).toMatchObject({ begun: 20, answered: 20, abandoned: 0 });
    expect(played.endedAtUs).toBeGreaterThanOrEqual(10 * SECOND_US);
  });

  it('begins to drain when nothing is left to begin, and gives up what outlasts that', async () => {
    const load: OpenLoad = { kind: 'open', phases: [{ kind: 'hold', ratePerSec: 1, forUs: 5 * SECOND_US }] };
    const played = await play(load, Number.POSITIVE_INFINITY, 3 * SECOND_US);
    expect(played).toMatchObject({ begun: 5, answered: 0, abandoned: 5 });
    // The last one is due after four seconds.
    expect(played.endedAtUs).toBeGreaterThanOrEqual(7 * SECOND_US);
    expect(played.endedAtUs).toBeLessThan(7.1 * SECOND_US);
  });

  it('wakes up a hundred times a second where all that is open is waited for, and yet ends seconds in time', async () => {
    const lateUs: number[] = [];
    const load: ClosedLoad = { kind: 'closed', concurrency: 1, attempts: 1 };
    const { polls } = await play(load, 5.5 * SECOND_US, 9 * SECOND_US, (second, _, nowUs) => {
      lateUs.push(nowUs - (second + 1) * SECOND_US);
    });
    expect(polls).toBeLessThan(6 * 110);
    expect(lateUs).toEqual([0, 0, 0, 0, 0]);
  });

  it('sleeps as long as an engine that Node drives lets it, unless it is told of what is due sooner', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const us = Float64Array.of(0);
    const counts = { launches: 0 };
    let tell: ((dueUs: number) => void) | undefined;
    const loop = runLoop({
      engine: { polls: false, open: 1, longestRestUs: 40_000, poll() {}, release() {}, abort() {} },
      feeders: [
        {
          standing: () => 'timed',
          nextDueUs: () => 900_000,
          onSooner: (told) => (tell = told),
          launch: () => {
            counts.launches += 1;
            return 0;
          },
          stop() {},
        },
      ],
      ...{ clock: { tick() {}, us }, drainUs: 0, onSecond() {} },
    });
    loop.finished.catch(() => undefined);
    expect(counts.launches).toBe(1);
    await vi.advanceTimersByTimeAsync(39);
    expect(counts.launches).toBe(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(counts.launches).toBe(2);
    tell!(50_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(counts.launches).toBe(2);
    tell!(30_000);
    tell!(20_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(counts.launches).toBe(3);
    expect(vi.getTimerCount()).toBe(1);
  });

  it('ends in the second that no frame has yet, though another has begun since', async () => {
    const load: ClosedLoad = { kind: 'closed', concurrency: 1, attempts: 1 };
    const told: number[] = [];
    // The poll in which the only attempt ends lasts until second 3 has begun.
    const { endedAtUs, lastSecond } = await play(
      load,
      1.5 * SECOND_US,
      9 * SECOND_US,
      (second) => told.push(second),
      {
        150: 1.8 * SECOND_US,
      },
    );
    expect(endedAtUs).toBeGreaterThan(3 * SECOND_US);
    expect([...told, lastSecond]).toEqual([0, 1]);
  });

  it('counts the seconds in which it did not run, once each', async () => {
    const load: ClosedLoad = { kind: 'closed', concurrency: 1, attempts: 1 };
    const told: [second: number, starvedSec: number][] = [];
    // Turns end on whole milliseconds: the 150th poll within second 1, and not before second 4 after it.
    await play(
      load,
      7.5 * SECOND_US,
      9 * SECOND_US,
      (second, _, __, starvedSec) => told.push([second, starvedSec]),
      { 150: 3 * SECOND_US },
    );
    expect(told).toEqual([
      [0, 0],
      [1, 2],
      [4, 0],
      [5, 0],
      [6, 0],
    ]);
  });

  it('counts the first second as well where its first turn comes that late', async () => {
    const load: ClosedLoad = { kind: 'closed', concurrency: 1, attempts: 1 };
    const told: [second: number, starvedSec: number][] = [];
    await play(
      load,
      SECOND_US,
      9 * SECOND_US,
      (second, _, __, starvedSec) => told.push([second, starvedSec]),
      {},
      2.5 * SECOND_US,
    );
    expect(told).toEqual([
      [0, 2],
      [2, 0],
    ]);
  });

  it('begins nothing in the room that an abort makes', async () => {
    const load: ClosedLoad = { kind: 'closed', concurrency: 3, attempts: 100 };
    const played = await play(load, Number.POSITIVE_INFINITY, SECOND_US, (second, loop) => {
      if (second === 1) loop.stop('abort');
    });
    expect(played).toMatchObject({ begun: 3, abandoned: 3, releases: [true] });
  });

  it('gives up what a drain that was asked for does not see the end of, and begins nothing in its place', async () => {
    const load: ClosedLoad = { kind: 'closed', concurrency: 3, attempts: 100 };
    const played = await play(load, Number.POSITIVE_INFINITY, 60 * SECOND_US, (second, loop) => {
      if (second === 1) loop.stop('drain');
    });
    // What is held has time to be proved.
    expect(played).toMatchObject({ begun: 3, abandoned: 3, releases: [false] });
    expect(played.endedAtUs).toBeLessThan(8 * SECOND_US);
  });
});

describe('at its end', () => {
  /** An engine whose one attempt has settled, and whose connection takes so long to close. */
  async function close(afterUs: number): Promise<number> {
    const us = Float64Array.of(0);
    let polls = 0;
    const engine = {
      polls: true,
      open: 0,
      get closing() {
        return us[0]! < afterUs ? 1 : 0;
      },
      poll(maxWaitUs: number) {
        polls += 1;
        us[0] = us[0]! + Math.max(1_000, maxWaitUs);
      },
      release() {},
      abort() {},
    };
    await runLoop({ engine, feeders: [], clock: { us, tick() {} }, drainUs: 0, onSecond() {} }).finished;
    expect(polls).toBeGreaterThan(0);
    return us[0]!;
  }

  /** An engine that has nothing open any more and keeps connections, which take `eachUs` to close once they may. */
  async function keep(kept: number, eachUs: number, stopsAtUs = Number.POSITIVE_INFINITY) {
    const us = Float64Array.of(0);
    const told: string[] = [];
    let closesAtUs = Number.POSITIVE_INFINITY;
    const engine = {
      polls: true,
      open: 0,
      get closing() {
        return kept - Math.min(kept, Math.max(0, Math.floor((us[0]! - closesAtUs) / eachUs)));
      },
      poll(maxWaitUs: number) {
        us[0] = us[0]! + Math.max(1_000, maxWaitUs);
        if (us[0] >= stopsAtUs) loop?.stop('drain');
      },
      release(_?: boolean, arm?: number) {
        told.push(`release ${arm}`);
      },
      closeKept() {
        told.push('close');
        closesAtUs = us[0]!;
      },
      abort() {},
    };
    let loop: Loop | undefined;
    loop = runLoop({
      ...{ engine, feeders: [], clock: { us, tick() {} }, drainUs: 60 * SECOND_US, onSecond() {} },
      releases: [{ atUs: 0, arm: 3 }],
    });
    await loop.finished;
    return { told, closesAtUs, endedAtUs: us[0]!, left: engine.closing };
  }

  it('releases what is held together, and closes it once no thread can still be proving', async () => {
    // However long that takes, as long as there are fewer.
    const { told, closesAtUs, endedAtUs, left } = await keep(40, 200_000);
    expect(told).toEqual(['release 3', 'close']);
    expect(closesAtUs).toBeGreaterThanOrEqual(4_500_000);
    expect(endedAtUs - closesAtUs).toBeGreaterThanOrEqual(40 * 200_000);
    expect(left).toBe(0);
  });

  it('closes it at once where the run is stopped, and does not wait for what will not close', async () => {
    const { closesAtUs, endedAtUs, left } = await keep(3, 3_600 * SECOND_US, SECOND_US);
    expect(closesAtUs).toBeLessThan(1_100_000);
    expect(endedAtUs).toBeLessThan(3 * SECOND_US);
    expect(left).toBe(3);
  });

  it('waits for connections that the engine is still closing', async () => {
    const endedAtUs = await close(300_000);
    expect(endedAtUs).toBeGreaterThanOrEqual(300_000);
    expect(endedAtUs).toBeLessThan(1_000_000);
  });

  it('waits a second for them, not longer', async () => {
    const endedAtUs = await close(Number.POSITIVE_INFINITY);
    expect(endedAtUs).toBeGreaterThanOrEqual(1_000_000);
    expect(endedAtUs).toBeLessThan(3_000_000);
  });
});
