import type { PageObject } from './page-object.ts';

/**
 * Objects that a browser requests at once beyond what its connections can carry. Chromium delays low-priority
 * requests (services/network/resource_scheduler: six per host), but not style sheets, scripts and the first five
 * images of a page.
 */
const MOST_QUEUED = 5;

/** Objects of a page on one host on their way to a connection: first held back, then waiting for one. */
export class ObjectQueue {
  readonly #most: number;
  /** Objects that wait for a connection. */
  readonly #waiting: PageObject[] = [];
  /** Objects not requested yet, because enough others are in progress. */
  readonly #later: PageObject[] = [];
  /** Objects that wait for a connection or are on one. */
  #underway = 0;

  /** @param connections maximum number of open connections */
  constructor(connections: number) {
    this.#most = connections + MOST_QUEUED;
  }

  get waiting(): readonly PageObject[] {
    return this.#waiting;
  }

  want(object: PageObject): void {
    this.#later.push(object);
  }

  /**
   * Lets as many objects wait for a connection as may be in progress at once.
   * @param isMultiplexed that is any number: Chromium's scheduler does not delay requests over HTTP/2
   */
  refill(isMultiplexed: boolean): void {
    while (this.#later.length > 0 && (isMultiplexed || this.#underway < this.#most)) {
      this.#waiting.push(this.#later.shift()!);
      this.#underway += 1;
    }
  }

  /**
   * Takes the next object for an idle connection; undefined if there is none.
   * @param isFull no further connection may be opened, not even for an object that is to have its own
   */
  takeNext(isFull: boolean): PageObject | undefined {
    const place = this.#waiting.findIndex(({ isAlone }) => isFull || !isAlone);
    return place < 0 ? undefined : this.#waiting.splice(place, 1)[0];
  }

  takeFirst(): PageObject | undefined {
    return this.#waiting.shift();
  }

  /** Takes all that wait for a connection. */
  takeAll(): PageObject[] {
    return this.#waiting.splice(0);
  }

  remove(object: PageObject): void {
    this.#waiting.splice(this.#waiting.indexOf(object), 1);
  }

  putFirst(object: PageObject): void {
    this.#waiting.unshift(object);
  }

  putLast(object: PageObject): void {
    this.#waiting.push(object);
  }

  /** An object in progress has ended: another may take its place. */
  finished(): void {
    this.#underway -= 1;
  }

  clear(): void {
    this.#waiting.length = 0;
    this.#later.length = 0;
    this.#underway = 0;
  }
}
