import { describe, expect, it } from 'vitest';
import { browserShare, thinkTimeUs } from '../../src/plan/browsers.ts';
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

  it('thinks for no time at all with a mean of 0', () => {
    expect(Math.abs(thinkTimeUs(0, 0.9))).toBe(0);
  });
});
