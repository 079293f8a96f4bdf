import { createRandom } from '../random.ts';
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

/**
 * The pauses of one browser, in turn. They are its own: a class opens its pages alike however many threads or machines share it, and
 * however long pages take.
 * @param browser its number across all shards
 */
export function createPauses(meanUs: number, browser: number): () => number {
  const random = createRandom(browser + 1);
  return () => thinkTimeUs(meanUs, random());
}

/**
 * When one browser opens its pages: after a pause each, and where it shows an error page in place of a document, again by itself, more
 * and more rarely, until its user opens the next.
 */
export class PageTimes {
  readonly #pauseUs: () => number;
  readonly #reloadsAfterUs: readonly number[];
  /** When its user opens the next page. */
  #userUs = 0;
  /** How often it has asked again for the document that it could not get. */
  #reloads = 0;

  /**
   * @param pauseUs the next pause
   * @param reloadsAfterUs from an error page until it asks again, one after the other; the last of them from then on; none: never
   */
  constructor(pauseUs: () => number, reloadsAfterUs: readonly number[]) {
    this.#pauseUs = pauseUs;
    this.#reloadsAfterUs = reloadsAfterUs;
  }

  /**
   * A page is over.
   * @param isErrorPage in its place, the browser shows an error
   * @returns when it opens a page next, which may be in the past
   */
  nextUs(nowUs: number, isErrorPage: boolean): number {
    if (this.#reloads === 0 || !isErrorPage) this.#userUs = nowUs + this.#pauseUs();
    const last = this.#reloadsAfterUs.length - 1;
    const againUs = nowUs + (this.#reloadsAfterUs[Math.min(this.#reloads, last)] ?? Number.POSITIVE_INFINITY);
    const reloads = isErrorPage && againUs < this.#userUs;
    this.#reloads = reloads ? this.#reloads + 1 : 0;
    return reloads ? againUs : this.#userUs;
  }
}
