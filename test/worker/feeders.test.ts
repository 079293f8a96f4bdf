import { describe, expect, it } from 'vitest';
import { createCursor, createPacer } from '../../src/plan/pacer.ts';
import { createClosedFeeder } from '../../src/worker/closed-feeder.ts';
import type { Launcher } from '../../src/worker/feeder.ts';
import { createOpenFeeder } from '../../src/worker/open-feeder.ts';
import { recordOf } from '../metrics/attempts.ts';

/** A launcher with `room` places that notes what it was asked. */
function fakeLauncher(room: number) {
  const started: [attempt: number, intendedAtUs: number][] = [];
  const dropped: [attempt: number, reason: string][] = [];
  let nowUs = 0;
  let places = room;
  const launcher: Launcher = {
    blockedReason: () => (places > 0 ? undefined : 'unsent-open-limit'),
    start(attempt, { atUs }) {
      places -= 1;
      started.push([attempt, atUs]);
    },
    startUndue: (attempt) => launcher.start(attempt, { atUs: nowUs }),
    drop: (attempt, reason) => dropped.push([attempt, reason]),
  };
  return {
    launcher,
    started,
    dropped,
    at(us: number) {
      nowUs = us;
    },
    free(count: number) {
      places += count;
    },
  };
}

const holdAt = (ratePerSec: number, seconds: number) =>
  createPacer({ kind: 'open', phases: [{ kind: 'hold', ratePerSec, forUs: seconds * 1_000_000 }] });

describe('an open-loop feeder', () => {
  it('starts what is due, with the intended time and not the actual one', () => {
    const fake = fakeLauncher(100);
    const feeder = createOpenFeeder(createCursor(holdAt(1_000, 1), 0, 1), fake.launcher, 1_000_000);
    expect(feeder.launch(2_500, 64)).toBe(3);
    expect(fake.started).toEqual([
      [0, 0],
      [1, 1_000],
      [2, 2_000],
    ]);
    expect(feeder.nextDueUs(2_500)).toBe(3_000);
  });

  it('takes every second attempt as the second of two shards', () => {
    const fake = fakeLauncher(100);
    const feeder = createOpenFeeder(createCursor(holdAt(1_000, 1), 1, 2), fake.launcher, 1_000_000);
    feeder.launch(5_000, 64);
    expect(fake.started.map(([attempt]) => attempt)).toEqual([1, 3, 5]);
  });

  it('stops at its budget and goes on from there', () => {
    const fake = fakeLauncher(100);
    const feeder = createOpenFeeder(createCursor(holdAt(1_000, 1), 0, 1), fake.launcher, 1_000_000);
    expect(feeder.launch(9_999, 4)).toBe(4);
    expect(feeder.launch(9_999, 64)).toBe(6);
  });

  it('lets what is due wait for room and keeps its intended time', () => {
    const fake = fakeLauncher(1);
    const feeder = createOpenFeeder(createCursor(holdAt(1_000, 1), 0, 1), fake.launcher, 1_000_000);
    expect(feeder.launch(1_500, 64)).toBe(1);
    fake.free(1);
    feeder.launch(900_000, 1);
    expect(fake.started).toEqual([
      [0, 0],
      [1, 1_000],
    ]);
    expect(fake.dropped).toEqual([]);
  });

  it('gives up what is too late, and says whether room or time was missing', () => {
    const full = fakeLauncher(0);
    createOpenFeeder(createCursor(holdAt(1, 3), 0, 1), full.launcher, 1_000_000).launch(1_500_000, 64);
    expect(full.dropped).toEqual([[0, 'unsent-open-limit']]);

    const late = fakeLauncher(9);
    createOpenFeeder(createCursor(holdAt(1, 3), 0, 1), late.launcher, 1_000_000).launch(1_500_000, 64);
    expect(late.dropped).toEqual([[0, 'unsent-late']]);
    expect(late.started).toEqual([[1, 1_000_000]]);
  });

  it('blames what kept an attempt waiting, though it was gone when it was given up', () => {
    const fake = fakeLauncher(0);
    const feeder = createOpenFeeder(createCursor(holdAt(1, 3), 0, 1), fake.launcher, 1_000_000);
    feeder.launch(999_000, 64);
    fake.free(9);
    feeder.launch(1_000_500, 64);
    expect(fake.dropped).toEqual([[0, 'unsent-open-limit']]);
    // The third was not due yet when anything was last missing.
    feeder.launch(3_500_000, 64);
    expect(fake.dropped).toEqual([
      [0, 'unsent-open-limit'],
      [2, 'unsent-late'],
    ]);
  });

  it('is never due again once stopped', () => {
    const fake = fakeLauncher(9);
    const feeder = createOpenFeeder(createCursor(holdAt(1_000, 1), 0, 1), fake.launcher, 1_000_000);
    feeder.stop();
    expect(feeder.standing(0)).toBe('exhausted');
    expect(feeder.launch(500_000, 64)).toBe(0);
  });
});

describe('a closed-loop feeder', () => {
  const share = { concurrency: 3, attempts: 5, forUs: Number.POSITIVE_INFINITY, first: 1, stride: 2 };

  it('keeps its concurrency and starts the next only when one has ended', () => {
    const fake = fakeLauncher(100);
    const feeder = createClosedFeeder(share, fake.launcher);
    fake.at(42);
    expect(feeder.launch(42, 64)).toBe(3);
    expect(feeder.launch(42, 64)).toBe(0);
    feeder.settled(recordOf(), 'ok');
    feeder.launch(42, 64);
    expect(fake.started).toEqual([
      [1, 42],
      [3, 42],
      [5, 42],
      [7, 42],
    ]);
  });

  it('waits for an end while its connections are all open: that is not the end of the load', () => {
    const fake = fakeLauncher(100);
    const feeder = createClosedFeeder(share, fake.launcher);
    expect(feeder.standing(0)).toBe('timed');
    feeder.launch(0, 64);
    expect(feeder.standing(0)).toBe('waiting');
    feeder.settled(recordOf(), 'ok');
    expect(feeder.standing(0)).toBe('timed');
    feeder.launch(0, 64);
    feeder.settled(recordOf(), 'ok');
    feeder.launch(0, 64);
    expect(feeder.standing(0)).toBe('exhausted');
  });

  it('ends after its share of the attempts', () => {
    const fake = fakeLauncher(100);
    const feeder = createClosedFeeder(share, fake.launcher);
    for (let round = 0; round < 10; round += 1) {
      const launched = feeder.launch(0, 64);
      for (let ended = 0; ended < launched; ended += 1) feeder.settled(recordOf(), 'ok');
    }
    expect(fake.started).toHaveLength(5);
    expect(feeder.standing(0)).toBe('exhausted');
  });

  it('starts nothing once its time is over', () => {
    const fake = fakeLauncher(100);
    const feeder = createClosedFeeder({ ...share, forUs: 1_000 }, fake.launcher);
    expect(feeder.launch(1_000, 64)).toBe(0);
    expect(feeder.standing(1_000)).toBe('exhausted');
  });

  it('waits ten seconds for credentials, then gives up what never gets any: a count alone would never end', () => {
    const dropped: number[] = [];
    let hasCredentials = true;
    const launcher: Launcher = {
      blockedReason: () => (hasCredentials ? undefined : 'unsent-no-credentials'),
      startUndue: () => undefined,
      start: () => undefined,
      drop: (attempt, reason) => {
        expect(reason).toBe('unsent-no-credentials');
        dropped.push(attempt);
      },
    };
    const share = { concurrency: 10, attempts: 4, forUs: Number.POSITIVE_INFINITY, first: 0, stride: 1 };
    const feeder = createClosedFeeder(share, launcher);
    expect(feeder.launch(0, 1)).toBe(1);
    hasCredentials = false;
    expect(feeder.launch(1_000, 64)).toBe(0);
    expect(feeder.launch(10_000_999, 64)).toBe(0);
    expect(feeder.standing(10_000_999)).toBe('timed');
    expect(feeder.launch(10_001_000, 64)).toBe(3);
    expect(dropped).toEqual([1, 2, 3]);
    expect(feeder.standing(10_001_000)).toBe('exhausted');
  });
});
