import { describe, expect, it } from 'vitest';
import type { DropReason } from '../../src/outcome/outcome.ts';
import { createSweepFeeder, type SweepLauncher } from '../../src/worker/sweep-feeder.ts';
import { recordOf } from '../metrics/attempts.ts';

const PAIRS = [
  { attempt: 0, port: 20_000, delayUs: 5_000_000, firstAtUs: 0 },
  { attempt: 2, port: 20_001, delayUs: 1_000_000, firstAtUs: 100_000 },
];

function fakeLauncher() {
  const started: number[][] = [];
  const dropped: [attempt: number, reason: DropReason][] = [];
  const state: { blockedReason: DropReason | undefined } = { blockedReason: undefined };
  const launcher: SweepLauncher = {
    blockedReason: () => state.blockedReason,
    startFrom: (...given) => started.push(given),
    drop: (attempt, reason) => dropped.push([attempt, reason]),
  };
  return { launcher, started, dropped, state };
}

const closedAt = (attempt: number, endedAtUs: number) => recordOf({ attempt, endedAtUs });

describe('a sweep', () => {
  it('sends the second of a pair from the other address as long after the first has closed as its delay says', () => {
    const { launcher, started } = fakeLauncher();
    const feeder = createSweepFeeder(PAIRS, launcher, 1_000_000);
    expect(feeder.launch(100_000, 64)).toBe(2);
    feeder.settled(closedAt(0, 150_000), 'ok');
    feeder.settled(closedAt(2, 130_000), 'ok');
    expect(feeder.nextDueUs(200_000)).toBe(1_130_000);
    expect(feeder.launch(1_129_999, 64)).toBe(0);
    feeder.launch(1_130_000, 64);
    feeder.launch(5_150_000, 64);
    expect(started).toEqual([
      [0, 0, 0, 20_000, -1],
      [2, 100_000, 0, 20_001, -1],
      [3, 1_130_000, 1, 20_001, 1_000_000],
      [1, 5_150_000, 1, 20_000, 5_000_000],
    ]);
  });

  it('is over only once every second has been sent', () => {
    const { launcher } = fakeLauncher();
    const feeder = createSweepFeeder(PAIRS.slice(0, 1), launcher, 1_000_000);
    feeder.launch(0, 64);
    expect(feeder.standing(1_000)).toBe('waiting');
    feeder.settled(closedAt(0, 2_000), 'ok');
    expect(feeder.nextDueUs(3_000)).toBe(5_002_000);
    feeder.launch(5_002_000, 64);
    feeder.settled(closedAt(1, 5_003_000), 'ok');
    expect(feeder.standing(5_004_000)).toBe('exhausted');
  });

  it('sends no second where the first left nothing behind', () => {
    const { launcher, started } = fakeLauncher();
    const feeder = createSweepFeeder(PAIRS.slice(0, 1), launcher, 1_000_000);
    feeder.launch(0, 64);
    feeder.settled(closedAt(0, 10_000_000), 'handshake-timeout');
    expect(feeder.standing(10_000_001)).toBe('exhausted');
    expect(started).toHaveLength(1);
  });

  it('gives up a second that would be sent after another delay than its own', () => {
    const { launcher, started, dropped } = fakeLauncher();
    const feeder = createSweepFeeder(PAIRS, launcher, 1_000_000);
    feeder.launch(100_000, 64);
    feeder.settled(closedAt(2, 110_000), 'ok');
    feeder.launch(1_210_001, 64);
    expect(dropped).toEqual([[3, 'unsent-late']]);
    expect(started).toHaveLength(2);
  });

  it('waits for room, and says so where it waited too long', () => {
    const { launcher, started, dropped, state } = fakeLauncher();
    const feeder = createSweepFeeder(PAIRS, launcher, 1_000_000);
    state.blockedReason = 'unsent-open-limit';
    expect(feeder.launch(900_000, 64)).toBe(0);
    feeder.launch(1_000_001, 64);
    expect(dropped).toEqual([[0, 'unsent-open-limit']]);
    state.blockedReason = undefined;
    feeder.launch(1_000_002, 64);
    expect(started).toEqual([[2, 100_000, 0, 20_001, -1]]);
  });

  it('starts nothing once stopped', () => {
    const { launcher, started } = fakeLauncher();
    const feeder = createSweepFeeder(PAIRS, launcher, 1_000_000);
    feeder.launch(0, 64);
    feeder.settled(closedAt(0, 1_000), 'ok');
    feeder.stop();
    expect(feeder.standing(0)).toBe('exhausted');
    expect(feeder.launch(60_000_000, 64)).toBe(0);
    expect(started).toHaveLength(1);
  });
});
