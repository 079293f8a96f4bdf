import { type FindRoute, findInterfaces, type LinksInUse } from './find-interfaces.ts';
import type { InUse } from './in-use.ts';
import type { LinkReading } from './read-links.ts';

/** Routes may change although no address does. */
const EVERY_SEC = 10;

/** Keeps track, in the background, of the interfaces that the load uses. */
export class LinksFinder {
  readonly #findRoute: FindRoute | undefined;
  readonly #isResumed: boolean;
  #inUse: InUse | undefined;
  #found: LinksInUse | undefined;
  #addresses = '';
  #dueSec = Number.NEGATIVE_INFINITY;
  #isBusy = false;

  constructor(findRoute: FindRoute | undefined, isResumed: boolean) {
    this.#findRoute = findRoute;
    this.#isResumed = isResumed;
  }

  use(inUse: InUse): void {
    this.#inUse = inUse;
    this.#dueSec = Number.NEGATIVE_INFINITY;
  }

  /** Undefined before anything has been found. */
  get found(): LinksInUse | undefined {
    return this.#found;
  }

  /** Looks again if addresses have changed, and from time to time. Never waits. */
  check(reading: LinkReading, nowSec: number): void {
    const addresses = JSON.stringify([...reading.addresses]);
    if (addresses === this.#addresses && nowSec < this.#dueSec) return;
    if (this.#isBusy || this.#inUse === undefined) return;
    this.#addresses = addresses;
    this.#dueSec = nowSec + EVERY_SEC;
    void this.#find(this.#inUse, reading);
  }

  async #find(inUse: InUse, reading: LinkReading): Promise<void> {
    this.#isBusy = true;
    this.#found = await findInterfaces(inUse, reading, this.#found, this.#findRoute, this.#isResumed);
    this.#isBusy = false;
  }
}
