import { describe, expect, it } from 'vitest';
import { browserShare, createPauses, PageTimes, thinkTimeUs } from '../../src/plan/browsers.ts';
import { createRandomBelow } from '../../src/random.ts';
import type { BrowserLoad } from '../../src/scenario/load-types.ts';

const LOAD: BrowserLoad = {
  kind: 'browsers',
  profile: 'chromium',
  browsers: 10,
  rampUs: 1_000,
  forUs: 5_000,
  connections: 6,
  thinkUs: 1_000,
  idleUs: 1_000,
  page: { objects: 1, paths: [], hosts: [] },
};

describe('a population of browsers', () => {
  it('begins evenly over its ramp, whichever shard a browser is in, and each is in one shard', () => {
    const shards = [0, 1, 2].map((index) => browserShare(LOAD, index, 3));
    expect(shards.map((share) => share.map(({ browser }) => browser))).toEqual([
      [0, 3, 6, 9],
      [1, 4, 7],
      [2, 5, 8],
    ]);
    for (const { browser, atUs } of shards.flat()) expect(atUs).toBe(browser * 100);
  });

  it('begins at once without a ramp', () => {
    expect(browserShare({ ...LOAD, rampUs: 0 }, 0, 5)).toEqual([
      { browser: 0, atUs: 0 },
      { browser: 5, atUs: 0 },
    ]);
  });

  it('has nobody in a shard too many', () => {
    expect(browserShare({ ...LOAD, browsers: 2 }, 2, 3)).toEqual([]);
  });

  it('thinks as long as told on average, and as exponential pauses spread: 63.2 % are below the mean', () => {
    const random = createRandomBelow(1);
    const pauses = Array.from({ length: 20_000 }, () => thinkTimeUs(1_000, random(2 ** 32) / 2 ** 32));
    const mean = pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length;
    expect(mean).toBeCloseTo(1_000, -2);
    expect(pauses.filter((pause) => pause < 1_000).length / pauses.length).toBeCloseTo(1 - 1 / Math.E, 1);
    expect(Math.min(...pauses)).toBeGreaterThanOrEqual(0);
    expect(pauses.every(Number.isFinite)).toBe(true);
  });

  it('pauses alike in every run, each browser as long as it alone does', () => {
    const pausesOf = (browser: number): number[] => {
      const next = createPauses(1_000, browser);
      return Array.from({ length: 500 }, next);
    };
    const browsers = Array.from({ length: 40 }, (_, browser) => pausesOf(browser));
    expect(pausesOf(3)).toEqual(browsers[3]);
    expect(new Set(browsers.flat()).size).toBe(40 * 500);
    // What all do first is spread as what one does later.
    for (const pauses of [browsers.map(([first]) => first!), browsers.flat()])
      expect(pauses.reduce((sum, pause) => sum + pause, 0) / pauses.length).toBeCloseTo(1_000, -3);
    expect(browsers.flat().reduce((sum, pause) => sum + pause, 0) / (40 * 500)).toBeCloseTo(1_000, -2);
  });

  it('thinks for no time at all with a mean of 0', () => {
    expect(Math.abs(thinkTimeUs(0, 0.9))).toBe(0);
  });
});

describe('the times of a browser’s pages', () => {
  const everyUs = (us: number) => () => us;

  it('are a pause after each page, whole or not', () => {
    const times = new PageTimes(everyUs(100), [10, 20]);
    expect([times.nextUs(0, false), times.nextUs(150, false)]).toEqual([100, 250]);
  });

  it('come sooner after an error page, and more and more rarely, until its user opens the next', () => {
    const times = new PageTimes(everyUs(100), [10, 20]);
    expect(times.nextUs(0, true)).toBe(10);
    expect(times.nextUs(15, true)).toBe(35);
    expect(times.nextUs(40, true)).toBe(60);
    // The pause began as the error was shown first.
    expect(times.nextUs(85, true)).toBe(100);
    expect(times.nextUs(110, true)).toBe(120);
  });

  it('are in the past where the next is due while it asks again', () => {
    const times = new PageTimes(everyUs(100), [90]);
    expect(times.nextUs(0, true)).toBe(90);
    expect(times.nextUs(120, true)).toBe(100);
  });

  it('are a pause after the document that came in the end', () => {
    const times = new PageTimes(everyUs(100), [10, 20]);
    expect(times.nextUs(0, true)).toBe(10);
    expect(times.nextUs(50, false)).toBe(150);
    expect(times.nextUs(150, true)).toBe(160);
  });

  it('are those of their user alone where a browser asks for nothing again', () => {
    const times = new PageTimes(everyUs(100), []);
    expect([times.nextUs(0, true), times.nextUs(100, true)]).toEqual([100, 200]);
  });
});
