import type { Connection } from './connection.ts';
import type { DueConnection } from './connection-factory.ts';
import type { Manner } from './connection-owner.ts';
import type { Credentials } from './credentials.ts';
import type { HostPool } from './host-pool.ts';
import type { HostPools } from './host-pools.ts';
import { blockedSince, type PageObject } from './page-object.ts';
import type { ProxyList } from './proxy-list.ts';
import type { BrowserArm, BrowserHost } from './types.ts';

export interface OpenerParts {
  /** Its number. */
  readonly browser: number;
  readonly arm: BrowserArm;
  readonly host: BrowserHost;
  readonly pools: HostPools;
  readonly proxies: ProxyList;
  readonly credentials: Credentials;
  create(due: DueConnection): Connection;
  /** No connection can be opened for it, and none that is open will serve it. */
  giveUp(object: PageObject): void;
}

/** Opens one browser's connections, as far as its limits and the permission of its host go. */
export class Opener {
  readonly #parts: OpenerParts;

  constructor(parts: OpenerParts) {
    this.#parts = parts;
  }

  /** Opens connections for the objects that wait for one. */
  openFor(pool: HostPool): void {
    const { browser, host, pools, proxies } = this.#parts;
    // Making room may have opened a connection for it, or for others.
    while (pool.wanting !== undefined && pools.hasRoom() && pool.wanting !== undefined) {
      const object: PageObject = pool.wanting;
      if (object.isGivenUp && pool.connections.size > 0) return;
      const isFirst = object.index === 0 && !object.mustAuthorise;
      const nowUs = host.clock();
      const intendedAtUs = isFirst ? object.wantedAtUs : nowUs;
      const sinceUs = blockedSince(object, nowUs);
      const endpoint = proxies.currentAt(nowUs);
      const leave = object.isGivenUp ? 'never' : host.permit(browser, endpoint, sinceUs, intendedAtUs);
      if (leave === 'wait') {
        object.blockedAtUs = sinceUs;
        return;
      }
      if (leave === 'never') this.#giveUp(pool, object);
      else this.#connect(pool, object, { attempt: leave, endpoint, intendedAtUs, isBeside: false });
    }
  }

  /**
   * Opens the first connection to a host, before anything is asked for there: nobody waits for permission to open it.
   * @param dueUs when it should be opened
   */
  openAhead(pool: HostPool, dueUs: number): void {
    this.#openForNone(pool, false, dueUs);
  }

  /**
   * Opens connections until there are so many, even if one carries all requests by then: Chromium, which takes longer for TLS, has not
   * known that yet whenever it was watched.
   */
  openUpTo(pool: HostPool, count: number): void {
    for (let left = count - pool.connections.size; left > 0; left -= 1) this.openBeside(pool);
  }

  /** Opens a connection for no object in particular, if that is possible at once. */
  openBeside(pool: HostPool): void {
    this.#openForNone(pool, true);
  }

  #openForNone(pool: HostPool, isBeside: boolean, dueUs?: number): void {
    const { browser, host, pools, proxies } = this.#parts;
    if (pool.isFull || !pools.hasRoom()) return;
    const nowUs = host.clock();
    const endpoint = proxies.currentAt(nowUs);
    const intendedAtUs = dueUs ?? nowUs;
    const leave = host.permit(browser, endpoint, nowUs, intendedAtUs);
    if (typeof leave === 'number')
      this.#connect(pool, undefined, { attempt: leave, endpoint, intendedAtUs, isBeside });
  }

  /** @param object undefined: for none in particular */
  #connect(
    pool: HostPool,
    object: PageObject | undefined,
    {
      isBeside,
      ...due
    }: Pick<DueConnection, 'attempt' | 'endpoint' | 'intendedAtUs'> & Pick<Manner, 'isBeside'>,
  ): void {
    const { browser, pools, credentials } = this.#parts;
    pools.opens();
    const authorises = credentials.goAhead || (object !== undefined && pool.takeOwed());
    const manner = { isBeside, authorises };
    const connection = this.#parts.create({ ...due, browser, site: pool.site, manner });
    pool.add(connection, object);
    connection.open();
  }

  #giveUp(pool: HostPool, object: PageObject): void {
    object.isGivenUp = true;
    // Other connections may still serve it.
    if (pool.connections.size > 0) return;
    pool.queue.remove(object);
    this.#parts.giveUp(object);
  }
}
