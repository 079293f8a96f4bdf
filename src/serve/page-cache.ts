import { WorkQueue } from './work-queue.ts';

/** Longest row of pages that wait to be built. */
const MAX_WAITING = 8;

export interface CacheBounds {
  readonly entries: number;
  readonly bytes: number;
}

/**
 * Pages that cost much to build: one at a time, the same one for all who ask for it, and the latest few kept. What was
 * built of an older state of its files has another key, and is dropped in its turn.
 */
export class PageCache {
  readonly #bounds: CacheBounds;
  readonly #queue = new WorkQueue(MAX_WAITING);
  /** The latest used last. */
  readonly #built = new Map<string, Buffer>();
  readonly #building = new Map<string, Promise<Buffer>>();
  #bytes = 0;

  constructor(bounds: CacheBounds = { entries: 16, bytes: 24_000_000 }) {
    this.#bounds = bounds;
  }

  /** What is kept now. */
  get size(): CacheBounds {
    return { entries: this.#built.size, bytes: this.#bytes };
  }

  /**
   * @param key says all that the page depends on
   * @throws Refusal where too many wait already, and whatever `build` throws
   */
  async get(key: string, build: () => Promise<string>): Promise<Buffer> {
    const known = this.#built.get(key);
    if (known !== undefined) {
      this.#built.delete(key);
      this.#built.set(key, known);
      return known;
    }
    const underWay = this.#building.get(key);
    if (underWay !== undefined) return underWay;
    const building = this.#queue.add(async () => Buffer.from(await build()));
    this.#building.set(key, building);
    try {
      const page = await building;
      this.#keep(key, page);
      return page;
    } finally {
      this.#building.delete(key);
    }
  }

  #keep(key: string, page: Buffer): void {
    this.#built.set(key, page);
    this.#bytes += page.length;
    for (const [oldest, { length }] of this.#built) {
      if (this.#built.size <= this.#bounds.entries && this.#bytes <= this.#bounds.bytes) return;
      this.#built.delete(oldest);
      this.#bytes -= length;
    }
  }
}
