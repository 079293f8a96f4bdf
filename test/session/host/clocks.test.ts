import { closeSync, openSync, readFileSync } from 'node:fs';
import { describe, expect, it, onTestFinished } from 'vitest';
import { ClockWatch, createSessionClock } from '../../../src/session/host/clocks.ts';
import { type ClockReading, openClocks } from '../../../src/session/host/read-clocks.ts';
import { suiteNeeding } from '../../support/suite-needing.ts';
import { FakeClocks } from './fake-clocks.ts';

const START: ClockReading = { wallMs: 1_800_000_000_000, monotonicMs: 5_000, bootMs: 905_000 };

/** A reading that many milliseconds later, by each clock. */
const later = (from: ClockReading, wallMs: number, monotonicMs: number, bootMs: number): ClockReading => ({
  wallMs: from.wallMs + wallMs,
  monotonicMs: from.monotonicMs + monotonicMs,
  bootMs: from.bootMs + bootMs,
});

describe('what befell the clocks', () => {
  it.each([
    { title: 'a second that went by', wall: 1_000, monotonic: 1_000, boot: 1_000, changes: [] },
    {
      title: 'sleep, during which the wall clock went on',
      ...{ wall: 61_000, monotonic: 1_000, boot: 61_000 },
      changes: [{ kind: 'suspended', forSec: 60 }],
    },
    { title: 'a second of sleep, no more', wall: 2_000, monotonic: 1_000, boot: 2_000, changes: [] },
    {
      title: 'a wall clock set forward by an hour',
      ...{ wall: 3_601_000, monotonic: 1_000, boot: 1_000 },
      changes: [{ kind: 'clock-stepped', bySec: 3_600 }],
    },
    {
      title: 'a wall clock set back',
      ...{ wall: -4_000, monotonic: 1_000, boot: 1_000 },
      changes: [{ kind: 'clock-stepped', bySec: -5 }],
    },
    { title: 'a leap second', wall: 0, monotonic: 1_000, boot: 1_000, changes: [] },
    {
      title: 'sleep after which the wall clock was set as well',
      ...{ wall: 21_000, monotonic: 1_000, boot: 31_000 },
      changes: [
        { kind: 'suspended', forSec: 30 },
        { kind: 'clock-stepped', bySec: -10 },
      ],
    },
    {
      title: 'an hour in which the process stood still while the wall clock was slewed by 500 ppm',
      ...{ wall: 3_601_800, monotonic: 3_600_000, boot: 3_600_000 },
      changes: [],
    },
  ])('$title', ({ wall, monotonic, boot, changes }) => {
    expect(new ClockWatch(START).check(later(START, wall, monotonic, boot))).toEqual(changes);
  });

  it('is nothing in a night of slewing by 500 ppm, which comes to seconds', () => {
    const watch = new ClockWatch(START);
    let now = START;
    for (let second = 0; second < 10 * 3_600; second += 1) {
      now = later(now, 1_000.5, 1_000, 1_000);
      expect(watch.check(now)).toEqual([]);
    }
    expect(now.wallMs - START.wallMs - (now.bootMs - START.bootMs)).toBe(18_000);
  });

  it('is told once', () => {
    const watch = new ClockWatch(START);
    const stepped = later(START, 11_000, 1_000, 1_000);
    expect(watch.check(stepped)).toHaveLength(1);
    expect(watch.check(later(stepped, 1_000, 1_000, 1_000))).toEqual([]);
  });
});

describe('the clock of a night', () => {
  it('counts sleep and fractions, and nothing that is done to the wall clock', () => {
    const clocks = new FakeClocks();
    const clock = createSessionClock({ clocks });
    clocks.pass(1_250);
    expect(clock.seconds()).toBeCloseTo(1.25, 6);
    clocks.step(-7_200_000);
    expect(clock.seconds()).toBeCloseTo(1.25, 6);
    clocks.sleep(3_600_000);
    clocks.pass(500);
    expect(clock.seconds()).toBeCloseTo(3_601.75, 6);
  });

  it('is as fine as the monotonic clock, however coarse the other is', () => {
    const clocks = new FakeClocks(10);
    const clock = createSessionClock({ clocks });
    clocks.pass(3);
    for (let step = 1; step < 2_000; step += 1) {
      expect(clock.seconds()).toBeCloseTo((3 + (step - 1) * 7) / 1_000, 9);
      clocks.pass(7);
    }
  });

  it('adds up naps that are too short to be told from coarseness', () => {
    const clocks = new FakeClocks();
    const clock = createSessionClock({ clocks });
    for (let nap = 0; nap < 100; nap += 1) {
      clocks.sleep(20);
      clock.seconds();
    }
    expect(2 - clock.seconds()).toBeLessThanOrEqual(0.05);
  });

  it('goes on from where a night was cut short', () => {
    const clocks = new FakeClocks();
    const clock = createSessionClock({ clocks, fromSec: 12_345 });
    clocks.pass(2_000);
    expect(clock.seconds()).toBeCloseTo(12_347, 6);
  });
});

describe('clocks without a file that counts sleep', () => {
  it('say so, and go by the monotonic clock', () => {
    const clocks = openClocks('/nowhere/uptime');
    const first = clocks.read();
    expect(clocks.countsSleep).toBe(false);
    expect(first.bootMs).toBe(first.monotonicMs);
    clocks.close();
  });
});

suiteNeeding('clocks of Linux', ['linux'], () => {
  it('go at the same rate while the machine is awake', async () => {
    const clocks = openClocks();
    const first = clocks.read();
    await new Promise((resolve) => setTimeout(resolve, 300));
    const second = clocks.read();
    clocks.close();
    const awakeMs = second.monotonicMs - first.monotonicMs;
    expect(clocks.countsSleep).toBe(true);
    expect(awakeMs).toBeGreaterThan(290);
    expect(Math.abs(second.bootMs - first.bootMs - awakeMs)).toBeLessThan(50);
  });

  it('go on once they are closed, and leave alone whose file has their number then', () => {
    const clocks = openClocks();
    const first = clocks.read();
    clocks.close();
    const fd = openSync('/proc/loadavg', 'r');
    onTestFinished(() => closeSync(fd));
    clocks.close();
    expect(clocks.read().bootMs).toBeGreaterThanOrEqual(first.bootMs);
    expect(readFileSync(fd, 'utf8')).not.toBe('');
  });
});
