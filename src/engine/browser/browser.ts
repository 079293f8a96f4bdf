import { createRandom, type Random, seedOf } from '../../random.ts';
import type { Connection } from './connection.ts';
import type { ConnectionFactory } from './connection-factory.ts';
import type { ConnectionOwner, Ending, Lost, Shared } from './connection-owner.ts';
import { Credentials } from './credentials.ts';
import { mayPass } from './error-page.ts';
import type { HostPool } from './host-pool.ts';
import { HostPools } from './host-pools.ts';
import { Opener } from './opener.ts';
import { blockedSince, createObject, type Page, type PageObject } from './page-object.ts';
import { PageSchedule } from './page-schedule.ts';
import { ProxyList } from './proxy-list.ts';
import type { Sockets } from './sockets/types.ts';
import type { Answer, BrowserArm, BrowserHost } from './types.ts';

/** A request that a far end refuses to begin with is sent again this often (net/http/http_network_transaction.cc, kMaxRetryAttempts). */
const MOST_REFUSALS = 2;

/**
 * One person's browser, modelled on Chromium (net/socket/transport_client_socket_pool.cc and
 * net/http/http_network_transaction.cc): a request takes the most recently idle connection for its host; if none is
 * idle, another is opened while the limit allows; the request goes out on whichever is free first.
 */
export class Browser implements ConnectionOwner<Connection> {
  readonly number: number;
  readonly #arm: BrowserArm;
  readonly #host: BrowserHost;
  readonly #factory: ConnectionFactory;
  readonly #pools: HostPools;
  readonly #proxies: ProxyList;
  #page: Page | undefined;
  /** Of the page whose document has arrived. */
  #schedule: PageSchedule | undefined;
  readonly #random: Random;
  readonly #credentials: Credentials;
  readonly #opener: Opener;
  #isRetired = false;
  readonly #sockets: Sockets;
  /** Cancels what is left to wait until the document is asked for, over a connection that was opened ahead. */
  #cancelAhead: (() => void) | undefined;

  constructor(
    number: number,
    { arm, host, sockets }: Pick<Shared, 'arm' | 'host' | 'sockets'>,
    factory: ConnectionFactory,
  ) {
    this.number = number;
    this.#arm = arm;
    this.#host = host;
    this.#sockets = sockets;
    this.#factory = factory;
    this.#random = createRandom(seedOf(`layouts of browser ${number}`));
    this.#pools = new HostPools(arm);
    const { endpoints, firstEndpoints, profile } = arm;
    this.#proxies = new ProxyList(number % firstEndpoints, endpoints.length, profile.proxyRetryUs);
    this.#credentials = new Credentials(number, arm);
    this.#opener = new Opener({
      ...{ browser: number, arm, host, pools: this.#pools, proxies: this.#proxies },
      credentials: this.#credentials,
      create: (due) => factory.create(due, this),
      giveUp: (object) => this.#finish(object, -1),
    });
  }

  get isLoading(): boolean {
    return this.#page !== undefined;
  }

  /** Opens a page. Call only when no page is being loaded. */
  open(dueUs: number): void {
    this.#page = { dueUs, left: 1, isWhole: true, isErrorPage: false };
    this.#pools.closeStale(this.#host.clock());
    const { opensAheadUs } = this.#arm.profile;
    const pool = this.#pools.ofObject(0);
    if (pool.connections.size > 0) this.#pump(this.#want(0, dueUs));
    else if (opensAheadUs === 0) this.#askDocument(dueUs);
    else {
      this.#opener.openAhead(pool, dueUs);
      this.#cancelAhead = this.#sockets.after(opensAheadUs, () => this.#askDocument(this.#host.clock()));
    }
  }

  /** On a host to which there was no connection. */
  #askDocument(wantedAtUs: number): void {
    const pool = this.#want(0, wantedAtUs);
    this.#pump(pool);
    this.#opener.openUpTo(pool, this.#arm.profile.forDocument);
  }

  /** Sends what can be sent, and opens as many connections as the limits allow. */
  pump(): void {
    for (const pool of this.#pools.all) this.#pump(pool);
  }

  /** Opens no further page, and closes its connections once they are idle. */
  retire(): void {
    this.#isRetired = true;
    if (this.#page === undefined) this.#pools.closeIdle();
  }

  /** Abandons the page being loaded and every connection. */
  abort(): void {
    this.#isRetired = true;
    this.#schedule?.stop();
    this.#cancelAhead?.();
    for (let left = this.#page?.left ?? 0; left > 0; left -= 1) this.#host.objectOver(-1);
    this.#page = undefined;
    this.#pools.abort();
  }

  ready(connection: Connection): void {
    const pool = this.#pools.ofConnection(connection);
    const object = pool.establish(connection);
    if (object === undefined) this.#closeWhereRetired();
    else this.#ask(pool, connection, object);
    this.#pump(pool);
  }

  /** As in Chromium, the first to be established serves the request, and the other stays. */
  slow(connection: Connection): void {
    const pool = this.#pools.ofConnection(connection);
    if (pool.isAbandoned(connection)) return;
    if (this.#arm.profile.backsUpFirstOnly && !pool.takeBackup()) return;
    if (pool.queue.waiting.length > 0) this.#opener.openBeside(pool);
  }

  spoilt(connection: Connection): void {
    this.#pools.spoil(connection);
  }

  isToAnswer(connection: Connection): boolean {
    if (!this.#pools.ofConnection(connection).bind(connection)) return false;
    this.#credentials.meetChallenge();
    return true;
  }

  credentialsOf(connection: Connection): string | undefined {
    return this.#credentials.valueFor(connection);
  }

  answered(connection: Connection, object: PageObject, answer: Answer): void {
    const pool = this.#pools.ofConnection(connection);
    const { challenge, status } = answer;
    if (challenge === undefined) this.#take(pool, connection, object, answer);
    else if (object.isAuthorised) {
      const isUnasked = this.#credentials.meetRefusal();
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
    this.#goOn(pool, this.#pools.isAtLimit);
  }

  cut(connection: Connection, object: PageObject, isRefused: boolean): void {
    const pool = this.#pools.ofConnection(connection);
    const isResent = isRefused && object.refusals < MOST_REFUSALS;
    object.refusals += 1;
    if (isResent) pool.queue.putFirst(object);
    pool.rest(connection);
    if (!isResent) this.#fail(object);
    this.#pump(pool);
  }

  over(
    connection: Connection,
    object: PageObject | undefined,
    { lost, isUnreached, lacksPort }: Ending,
    others: readonly (readonly [PageObject, Lost])[],
  ): void {
    this.#factory.forget(connection);
    const wasAtLimit = this.#pools.isAtLimit;
    this.#pools.ends();
    const pool = this.#pools.ofConnection(connection);
    const left = pool.remove(connection, lost === 'challenged');
    // One that nothing waits for, such as one opened ahead, says nothing of a proxy: Chromium's next request asks the same one.
    if (left !== undefined) {
      if (isUnreached && this.#arm.isProxied && this.#arm.endpoints.length > 1)
        this.#meetUnreached(pool, connection, left);
      // It has been counted, and the next connection gets another port.
      else if (lacksPort) pool.queue.putFirst(left);
      else this.#fail(left, connection);
    }
    if (object !== undefined) this.#lose(pool, object, lost, connection);
    // The last first: each goes before those that wait.
    for (const [other, otherLost] of others.toReversed()) this.#lose(pool, other, otherLost, connection);
    this.#goOn(pool, wasAtLimit);
  }

  /**
   * A proxy was not reached: what waits goes on with the next one, or fails if all have been tried.
   * @param left the object that would fail with the connection
   */
  #meetUnreached(pool: HostPool, { record: { endpoint } }: Connection, left: PageObject): void {
    const nowUs = this.#host.clock();
    pool.queue.putFirst(left);
    // A connection that was begun before the proxy was given up says nothing new.
    const isKnown = this.#proxies.currentAt(nowUs) !== endpoint;
    if (isKnown || this.#proxies.failed(endpoint, nowUs)) {
      this.#pools.abandon(endpoint);
      this.pump();
    } else for (const object of this.#pools.takeUnreached()) this.#fail(object);
  }

  /** @param wasAtLimit other hosts may wait for the room that this one leaves */
  #goOn(pool: HostPool, wasAtLimit: boolean): void {
    if (wasAtLimit) this.pump();
    else this.#pump(pool);
  }

  #pump(pool: HostPool): void {
    pool.refill();
    if (pool.queue.waiting.length > 0) this.#pools.closeSpoilt();
    for (let next = pool.takeNext(); next !== undefined; next = pool.takeNext()) {
      if (!this.#ask(pool, next.connection, next.object)) return;
    }
    this.#opener.openFor(pool);
  }

  /** @returns the pool in whose queue the object waits */
  #want(index: number, wantedAtUs: number): HostPool {
    const pool = this.#pools.ofObject(index);
    pool.queue.want(createObject(index, this.#host.nextNonce(), wantedAtUs));
    return pool;
  }

  /** @returns false if credentials are required and none are available: the object then waits */
  #ask(pool: HostPool, connection: Connection, object: PageObject, isAnswering = false): boolean {
    if (connection.isMultiplexed) {
      connection.askBeside(object);
      return true;
    }
    const { page } = this.#arm;
    let credentials: string | undefined;
    if (this.#credentials.goWith(connection, object)) {
      credentials = this.#credentials.valueFor(connection);
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
    object.blockedAtUs = blockedSince(object, this.#host.clock());
    if (this.#host.waits(this.number, object.blockedAtUs)) {
      pool.queue.putFirst(object);
      pool.rest(connection);
    } else {
      connection.end('no-credentials', this.#arm.auth?.status ?? 0);
      this.#finish(object, -1);
    }
    return false;
  }

  #meetChallenge(
    pool: HostPool,
    connection: Connection,
    object: PageObject,
    status: number,
    persists: boolean,
  ): void {
    object.mustAuthorise = true;
    this.#credentials.meetChallenge();
    if (persists) this.#ask(pool, connection, object, true);
    else {
      this.#putLast(pool, object);
      connection.end('challenged', status);
    }
  }

  #take(pool: HostPool, connection: Connection, object: PageObject, answer: Answer): void {
    pool.rest(connection, answer.completedAtUs);
    this.#finish(object, this.#arm.isExpected(answer.status) ? answer.completedAtUs - object.wantedAtUs : -1);
  }

  #lose(pool: HostPool, object: PageObject, lost: Lost, connection: Connection): void {
    if (lost === 'failed') this.#fail(object, connection);
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

  /** @param connection that failed it, if it was a single one */
  #fail(object: PageObject, connection?: Connection): void {
    const isForNow = connection === undefined || mayPass(connection.record);
    if (object.index === 0 && isForNow && this.#page !== undefined) this.#page.isErrorPage = true;
    this.#finish(object, -1);
  }

  /** @param tookUs -1 if it failed */
  #finish(object: PageObject, tookUs: number): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#host.objectOver(tookUs);
    page.left -= 1;
    this.#pools.ofObject(object.index).queue.finished();
    if (tookUs < 0) page.isWhole = false;
    if (object.index > 0) this.#schedule?.finished(object.index);
    else if (tookUs >= 0) this.#openRest(page);
    if (page.left > 0) return;
    this.#page = undefined;
    this.#schedule = undefined;
    this.#closeWhereRetired();
    const pageUs = page.isWhole ? this.#host.clock() - page.dueUs : -1;
    this.#host.pageOver(this.number, pageUs, page.isErrorPage);
  }

  /** The document has arrived: everything else is wanted. */
  #openRest(page: Page): void {
    const { page: compiled, profile } = this.#arm;
    const nowUs = this.#host.clock();
    this.#pools.closeStale(nowUs);
    page.left += compiled.objects - 1;
    this.#schedule = new PageSchedule(compiled.objects, profile, this.#random, {
      delaysAll: this.#arm.tls === undefined,
      isDelayed: (index) => !this.#pools.ofObject(index).isMultiplexed,
      ask: (index) => this.#pump(this.#want(index, nowUs)),
      after: (us, run) => this.#sockets.after(us, run),
    });
  }

  #closeWhereRetired(): void {
    if (this.#isRetired) this.retire();
  }
}
