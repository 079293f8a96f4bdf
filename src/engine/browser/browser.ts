import type { Connection, ConnectionOwner, Lost } from './connection.ts';
import { HostPool } from './host-pool.ts';
import { createObject, type Page, type PageObject } from './page-object.ts';
import type { Answer, BrowserArm, BrowserHost } from './types.ts';

/** What a browser needs to make connections. */
export interface ConnectionFactory {
  create(
    browser: number,
    attempt: number,
    intendedAtUs: number,
    site: number,
    owner: ConnectionOwner,
  ): Connection;
  /** Called whenever a connection has ended. */
  forget(connection: Connection): void;
}

/**
 * One person's browser, modelled on Chromium (net/socket/transport_client_socket_pool.cc and
 * net/http/http_network_transaction.cc): a request takes the most recently idle connection for its host; if none is
 * idle, another is opened while the limit allows; the request goes out on whichever is free first.
 */
export class Browser implements ConnectionOwner {
  readonly number: number;
  readonly #arm: BrowserArm;
  readonly #host: BrowserHost;
  readonly #factory: ConnectionFactory;
  /** By the number of their host. */
  readonly #pools: (HostPool | undefined)[] = [];
  #page: Page | undefined;
  /** Basic: once credentials are known to be required, every request carries them (RFC 7617 section 2.2). */
  #goesAhead: boolean;
  #isRetired = false;

  constructor(number: number, arm: BrowserArm, host: BrowserHost, factory: ConnectionFactory) {
    this.number = number;
    this.#arm = arm;
    this.#host = host;
    this.#factory = factory;
    this.#goesAhead = arm.auth?.mode === 'preemptive';
  }

  /** Whether a page is being loaded. */
  get isLoading(): boolean {
    return this.#page !== undefined;
  }

  /** Opens a page. Call only when no page is being loaded. */
  open(dueUs: number): void {
    this.#page = { dueUs, left: 1, isWhole: true };
    this.#pump(this.#want(0, dueUs));
  }

  /** Sends what can be sent, and opens as many connections as the limits allow. */
  pump(): void {
    for (const pool of this.#pools) if (pool !== undefined) this.#pump(pool);
  }

  /** Opens no further page, and closes its connections once they are idle. */
  retire(): void {
    this.#isRetired = true;
    if (this.#page !== undefined) return;
    for (const pool of this.#pools) pool?.closeIdle();
  }

  /** Abandons the page being loaded and every connection. */
  abort(): void {
    this.#isRetired = true;
    const left = this.#page?.left ?? 0;
    this.#page = undefined;
    for (let object = 0; object < left; object += 1) this.#host.objectOver(-1);
    for (const pool of this.#pools) pool?.abort();
  }

  ready(connection: Connection): void {
    const pool = this.#poolOf(connection);
    const object = pool.establish(connection);
    if (object === undefined) this.#closeWhereRetired();
    else this.#ask(pool, connection, object);
    this.#pump(pool);
  }

  answered(connection: Connection, object: PageObject, answer: Answer): void {
    const pool = this.#poolOf(connection);
    const { challenge, status } = answer;
    if (challenge === undefined) this.#take(pool, connection, object, answer);
    else if (object.isAuthorised) {
      const isUnasked = this.#arm.auth?.mode === 'preemptive';
      this.#goesAhead = isUnasked;
      if (isUnasked && challenge.offersOthers) connection.end('not-offered', status, challenge.schemes);
      else connection.end('denied', status);
      this.#finish(object, -1);
    } else {
      this.#host.challenged(answer.completedAtUs - answer.sentAtUs);
      if (!challenge.isOffered) {
        connection.end('not-offered', status, challenge.schemes);
        this.#finish(object, -1);
      } else this.#meetChallenge(pool, connection, object, status, challenge.persists);
    }
    this.#pump(pool);
  }

  over(connection: Connection, object: PageObject | undefined, lost: Lost): void {
    this.#factory.forget(connection);
    const pool = this.#poolOf(connection);
    const failed = pool.remove(connection);
    if (failed !== undefined) this.#finish(failed, -1);
    if (object !== undefined) this.#lose(pool, object, lost);
    this.#pump(pool);
  }

  #poolOf({ site }: Connection): HostPool {
    return this.#pools[site]!;
  }

  #pump(pool: HostPool): void {
    pool.queue.refill();
    for (let next = pool.takeNext(); next !== undefined; next = pool.takeNext()) {
      if (!this.#ask(pool, next.connection, next.object)) return;
    }
    for (let object = pool.wanting; object !== undefined; object = pool.wanting) {
      if (object.isGivenUp && pool.connections.size > 0) return;
      const isFirst = object.index === 0 && !object.mustAuthorise;
      const intendedAtUs = isFirst ? object.wantedAtUs : this.#host.clock();
      const sinceUs = this.#blockedSince(object);
      const leave = object.isGivenUp ? 'never' : this.#host.permit(this.number, sinceUs, intendedAtUs);
      if (leave === 'wait') {
        object.blockedAtUs = sinceUs;
        return;
      }
      if (leave === 'never') this.#giveUp(pool, object);
      else this.#connect(pool, object, leave, intendedAtUs);
    }
  }

  #connect(pool: HostPool, object: PageObject, attempt: number, intendedAtUs: number): void {
    const connection = this.#factory.create(this.number, attempt, intendedAtUs, pool.site, this);
    pool.add(connection, object);
    connection.open();
  }

  #giveUp(pool: HostPool, object: PageObject): void {
    object.isGivenUp = true;
    // Other connections may still serve it.
    if (pool.connections.size > 0) return;
    pool.queue.remove(object);
    this.#finish(object, -1);
  }

  /** @returns the pool in whose queue the object waits */
  #want(index: number, wantedAtUs: number): HostPool {
    const site = this.#arm.page.hostOf(index);
    this.#pools[site] ??= new HostPool(site, this.#arm.connections);
    const pool = this.#pools[site];
    pool.queue.want(createObject(index, this.#host.nextNonce(), wantedAtUs));
    return pool;
  }

  /** @returns false if credentials are required and none are available: the object then waits */
  #ask(pool: HostPool, connection: Connection, object: PageObject, isAnswering = false): boolean {
    const { auth, page } = this.#arm;
    let credentials: string | undefined;
    if (auth !== undefined && (object.mustAuthorise || this.#authorisesAtOnce(connection))) {
      credentials = auth.credentials(auth.scheme === 'Basic' ? this.number : connection.record.attempt);
      if (credentials === undefined) return this.#waitForCredentials(pool, connection, object);
    }
    object.blockedAtUs = -1;
    object.isAlone = false;
    object.isAuthorised = credentials !== undefined;
    connection.ask(object, page.request(object.index, object.nonce, credentials), isAnswering);
    return true;
  }

  #waitForCredentials(pool: HostPool, connection: Connection, object: PageObject): boolean {
    object.isAlone = false;
    object.blockedAtUs = this.#blockedSince(object);
    if (this.#host.waits(this.number, object.blockedAtUs)) {
      pool.queue.putFirst(object);
      pool.rest(connection);
    } else {
      connection.end('no-credentials', this.#arm.auth?.status ?? 0);
      this.#finish(object, -1);
    }
    return false;
  }

  /** With Basic, each request is authenticated; with Negotiate, the connection is (RFC 4559 section 6). */
  #authorisesAtOnce(connection: Connection): boolean {
    return this.#goesAhead && (this.#arm.auth?.scheme === 'Basic' || !connection.isProven);
  }

  #meetChallenge(
    pool: HostPool,
    connection: Connection,
    object: PageObject,
    status: number,
    persists: boolean,
  ): void {
    object.mustAuthorise = true;
    if (this.#arm.auth?.scheme === 'Basic') this.#goesAhead = true;
    if (persists) this.#ask(pool, connection, object, true);
    else {
      this.#putLast(pool, object);
      connection.end('challenged', status);
    }
  }

  #take(pool: HostPool, connection: Connection, object: PageObject, answer: Answer): void {
    pool.rest(connection);
    this.#finish(object, this.#arm.isExpected(answer.status) ? answer.completedAtUs - object.wantedAtUs : -1);
  }

  #lose(pool: HostPool, object: PageObject, lost: Lost): void {
    if (lost === 'failed') this.#finish(object, -1);
    else if (lost === 'challenged') this.#putLast(pool, object);
    else pool.queue.putFirst(object);
  }

  /**
   * An object whose connection was closed after a challenge goes to the back of the queue, because creating a token
   * takes time: objects already waiting go out first on the replacement connection, and are challenged as well.
   */
  #putLast(pool: HostPool, object: PageObject): void {
    object.mustAuthorise = true;
    object.isAlone = true;
    pool.queue.putLast(object);
  }

  /** @param tookUs -1 if it failed */
  #finish(object: PageObject, tookUs: number): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#host.objectOver(tookUs);
    page.left -= 1;
    this.#pools[this.#arm.page.hostOf(object.index)]!.queue.finished();
    if (tookUs < 0) page.isWhole = false;
    else if (object.index === 0) this.#openRest(page);
    if (page.left > 0) return;
    this.#page = undefined;
    this.#closeWhereRetired();
    this.#host.pageOver(this.number, page.isWhole ? this.#host.clock() - page.dueUs : -1);
  }

  /** The document has arrived: everything else is wanted. */
  #openRest(page: Page): void {
    const { objects } = this.#arm.page;
    const nowUs = this.#host.clock();
    page.left += objects - 1;
    const pools = new Set<HostPool>();
    for (let index = 1; index < objects; index += 1) pools.add(this.#want(index, nowUs));
    for (const pool of pools) this.#pump(pool);
  }

  #blockedSince({ blockedAtUs }: PageObject): number {
    return blockedAtUs < 0 ? this.#host.clock() : blockedAtUs;
  }

  #closeWhereRetired(): void {
    if (this.#isRetired) this.retire();
  }
}
