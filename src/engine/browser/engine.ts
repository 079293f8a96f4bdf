import { createAttemptRecord } from '../blank-record.ts';
import { ExchangePool } from '../portable/exchange.ts';
import { Browser } from './browser.ts';
import { Connection } from './connection.ts';
import type { ConnectionFactory, DueConnection } from './connection-factory.ts';
import type { ConnectionOwner, Shared } from './connection-owner.ts';
import { SiteTls } from './site-tls.ts';
import { NodeSockets } from './sockets/node.ts';
import type { Sockets } from './sockets/types.ts';
import type { BrowserArm, BrowserHost } from './types.ts';

/** How late a slow or unanswered handshake may be detected, microseconds. One sweep serves every connection. */
const SWEEP_US = 10_000;

/** The same of connections that are established: what they wait for takes seconds, and most of them are idle. */
const SWEEP_ALL_US = 100_000;

/** Connections of a population of browsers. Not thread-safe; one per arm and worker. */
export class BrowserEngine implements ConnectionFactory {
  readonly #index: number;
  readonly #shared: Shared;
  readonly #arm: BrowserArm;
  readonly #host: BrowserHost;
  readonly #browsers: Browser[] = [];
  readonly #connections = new Set<Connection>();
  /** Those whose handshake was not over at the last sweep. */
  readonly #opening = new Set<Connection>();
  #sweptAtUs = Number.NEGATIVE_INFINITY;
  #sweptAllAtUs = Number.NEGATIVE_INFINITY;

  /**
   * @param index of the arm, as used in records
   * @param sockets where its connections come from, which populations may share; they cannot carry TLS unless they are Node's
   */
  constructor(
    index: number,
    arm: BrowserArm,
    host: BrowserHost,
    sockets: Sockets = new NodeSockets(arm.tls !== undefined),
  ) {
    this.#index = index;
    const responses = new ExchangePool(arm.maxOpen);
    const tls = arm.tls && new SiteTls(arm.tls, arm.page);
    this.#shared = { arm, host, tls, sockets, responses };
    this.#arm = arm;
    this.#host = host;
  }

  /** When `poll` is to be called at the latest, whatever else happens; infinite if nothing is due. */
  get dueUs(): number {
    return this.#shared.sockets.soonestUs;
  }

  /** Connections that have not ended. */
  get open(): number {
    return this.#connections.size;
  }

  /** Whether any page is being loaded. */
  get isLoading(): boolean {
    return this.#browsers.some(({ isLoading }) => isLoading);
  }

  /** @param number of the browser across all shards: it determines endpoint, source address and user */
  add(number: number): Browser {
    const browser = new Browser(number, this.#shared, this);
    this.#browsers.push(browser);
    return browser;
  }

  /**
   * Checks for timeouts; call often while anything is open.
   * @param maxWaitUs how long it may wait for events, unless Node's event loop does
   */
  poll(maxWaitUs = 0): void {
    const { sockets } = this.#shared;
    const nowUs = this.#host.clock();
    const isOfAll = nowUs - this.#sweptAllAtUs >= SWEEP_ALL_US;
    if (this.open === 0 || nowUs - this.#sweptAtUs < SWEEP_US || (!isOfAll && this.#opening.size === 0)) {
      sockets.wait(maxWaitUs);
      return;
    }
    // An event that is pending has not timed out.
    sockets.wait(maxWaitUs, () => {
      const sweptAtUs = this.#host.clock();
      this.#sweptAtUs = sweptAtUs;
      if (isOfAll) this.#sweptAllAtUs = sweptAtUs;
      for (const connection of isOfAll ? this.#connections : this.#opening) connection.expire(sweptAtUs);
      for (const connection of this.#opening) {
        const { phase } = connection.record;
        if (phase !== 'start' && phase !== 'handshake') this.#opening.delete(connection);
      }
    });
  }

  /** Opens no further page; pages in progress continue, and idle connections are closed. */
  release(): void {
    for (const browser of this.#browsers) browser.retire();
  }

  /** Ends everything at once. */
  abort(): void {
    for (const browser of this.#browsers) browser.abort();
  }

  create(
    { browser, attempt, endpoint, intendedAtUs, site, manner }: DueConnection,
    owner: ConnectionOwner<Connection>,
  ): Connection {
    const record = createAttemptRecord({
      arm: this.#index,
      attempt,
      intendedAtUs,
      endpoint,
      source: sourceOf(browser, this.#arm),
      sourcePort: this.#host.portOf(attempt),
    });
    const connection = new Connection(this.#shared, owner, record, site, manner);
    this.#connections.add(connection);
    this.#opening.add(connection);
    return connection;
  }

  forget(connection: Connection): void {
    this.#connections.delete(connection);
    this.#opening.delete(connection);
  }
}

/**
 * Index of a browser's source address; -1: the system chooses. Every source is paired with every endpoint.
 * @param browser its number across all shards
 */
export function sourceOf(
  browser: number,
  { endpoints, sources }: Pick<BrowserArm, 'endpoints' | 'sources'>,
): number {
  return sources.length === 0 ? -1 : Math.floor(browser / endpoints.length) % sources.length;
}
