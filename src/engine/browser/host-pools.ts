import type { Connection } from './connection.ts';
import { HostPool } from './host-pool.ts';
import type { PageObject } from './page-object.ts';
import type { BrowserArm } from './types.ts';

/** All connections of one browser: a pool for each host, and the limit for all of them. */
export class HostPools {
  readonly #arm: BrowserArm;
  /** By the number of their host. */
  readonly #pools: (HostPool | undefined)[] = [];
  /** Idle connections that the far end has closed. */
  readonly #spoilt = new Set<Connection>();
  /** Connections that have not ended. */
  #open = 0;

  constructor(arm: BrowserArm) {
    this.#arm = arm;
  }

  get isAtLimit(): boolean {
    return this.#open >= this.#arm.profile.mostInAll;
  }

  /** The pool that serves an object: where a proxy's connections are not kept apart by host, there is only one. */
  ofObject(index: number): HostPool {
    const { sharesProxy, page, connections } = this.#arm;
    const site = sharesProxy ? 0 : page.hostOf(index);
    this.#pools[site] ??= new HostPool(site, connections);
    return this.#pools[site];
  }

  ofConnection({ site }: { readonly site: number }): HostPool {
    return this.#pools[site]!;
  }

  get all(): HostPool[] {
    return this.#pools.filter((pool) => pool !== undefined);
  }

  /** A connection is about to be opened. */
  opens(): void {
    this.#open += 1;
  }

  ends(): void {
    this.#open -= 1;
  }

  /** Whether another connection may be opened; an idle one makes room for it. */
  hasRoom(): boolean {
    if (this.isAtLimit) this.#pools.some((pool) => pool?.closeOneIdle());
    return !this.isAtLimit;
  }

  /** Closes the connections that have been idle for too long. */
  closeStale(nowUs: number): void {
    for (const pool of this.all) pool.closeStale(nowUs);
  }

  /** The far end has closed an idle connection: it is closed on this side too as soon as another is asked for. */
  spoil(connection: Connection): void {
    this.#spoilt.add(connection);
  }

  /**
   * Another is asked for. What waits may go on as soon as one has been closed, and asks for this again: by then, no other may be left
   * that it could be sent on.
   */
  closeSpoilt(): void {
    for (const connection of this.#spoilt) {
      this.#spoilt.delete(connection);
      connection.close();
    }
  }

  /** A proxy has been given up: nothing waits for what is being opened to it. @param endpoint its index */
  abandon(endpoint: number): void {
    for (const pool of this.all) pool.abandon(endpoint);
  }

  closeIdle(): void {
    for (const pool of this.all) pool.closeIdle();
  }

  abort(): void {
    for (const pool of this.all) pool.abort();
  }

  /** Takes what waits for hosts to which there is no connection. */
  takeUnreached(): PageObject[] {
    return this.all.filter((pool) => !pool.isReached).flatMap(({ queue }) => queue.takeAll());
  }
}
