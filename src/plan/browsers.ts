import type { BrowserLoad } from '../scenario/types.ts';

/** When a browser opens its first page. */
export interface BrowserStart {
  /** Over all shards. */
  readonly browser: number;
  readonly atUs: number;
}

/** The browsers of shard `index` of `count`, soonest first: every so-manieth, so that each shard's begin over the whole ramp. */
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
 * A pause of exponentially distributed length: people who read independently of one another, and pages opened at random.
 * @param uniform at least 0 and below 1
 */
export function thinkFor(meanUs: number, uniform: number): number {
  return -meanUs * Math.log(1 - uniform);
}
