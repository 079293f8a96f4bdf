import type { BrowserLoad } from '../scenario/load-types.ts';

/** When a browser opens its first page. */
export interface BrowserStart {
  /** Across all shards. */
  readonly browser: number;
  readonly atUs: number;
}

/**
 * The browsers of shard `index` of `count`, soonest first: every `count`-th browser, so that each shard's start times
 * cover the whole ramp.
 */
export function browserShare(
  { browsers, rampUs }: BrowserLoad,
  index: number,
  count: number,
): readonly BrowserStart[] {
  return Array.from({ length: Math.max(0, Math.ceil((browsers - index) / count)) }, (_, turn) => {
    const browser = index + turn * count;
    return { browser, atUs: (rampUs * browser) / browsers };
  });
}

/**
 * A pause of exponentially distributed length: people read independently of one another, so pages open at random.
 * @param uniform at least 0 and below 1
 */
export function thinkTimeUs(meanUs: number, uniform: number): number {
  return -meanUs * Math.log(1 - uniform);
}
