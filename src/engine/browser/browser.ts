import { challengeOf } from './challenge.ts';
import type { Connection, ConnectionOwner, Lost } from './connection.ts';
import { ObjectQueue } from './object-queue.ts';
import type { Page, PageObject } from './page-object.ts';
import type { Answer, BrowserArm, BrowserHost } from './types.ts';

/** What a browser needs to make connections. */
export interface ConnectionFactory {
  create(browser: number, attempt: number, intendedAtUs: number, owner: ConnectionOwner): Connection;
  /** Called whenever a connection has ended. */
  forget(connection: Connection): void;
}

/**
 * One person's browser, modelled on Chromium (net/socket/transport_client_socket_pool.cc and
 * net/http/http_network_transaction.cc): a request takes the most recently idle connection; if none is idle, another
 * is opened while the limit allows; the request goes out on whichever is free first.
 */
export class Browser implements ConnectionOwner {
  readonly number: number;
  readonly #arm: BrowserArm;
  readonly #host: BrowserHost;
  readonly #factory: ConnectionFactory;
  readonly #connections = new Set<Connection>();
  /** The most recently idle connection is last. */
  readonly #resting: Connection[] = [];
  readonly #asked = new Map<Connection, PageObject>();
  /** Connections being opened for one specific object. */
  readonly #bound = new Map<Connection, PageObject>();
  /** Connections being opened for any waiting object. */
  #connecting = 0;
  readonly #queue: ObjectQueue;
  #page: Page | undefined;
  /** Basic: once credentials are known to be required, every request carries them (RFC 7617 section 2.2). */
  #goesAhead: boolean;
  #isRetired = false;

  constructor(number: number, arm: BrowserArm, host: BrowserHost, factory: ConnectionFactory) {
    this.number = number;
    this.#arm = arm;
    this.#host = host;
    this.#factory = factory;
    this.#queue = new ObjectQueue(arm.connections);
    this.#goesAhead = arm.auth?.mode === 'preemptive';
  }

  /** Whether a page is being loaded. */
  get isLoading(): boolean {
    return this.#page !== undefined;
  }

  /** Opens a page. Call only when no page is being loaded. */
  open(dueUs: number): void {
    this.#page = { dueUs, left: 1, isWhole: true };
    this.#want([0], dueUs);
    this.pump();
  }

  /** Sends what can be sent, and opens as many connections as the limits allow. */
  pump(): void {
    const { waiting } = this.#queue;
    this.#queue.refill();
    for (let object = this.#nextToAsk(); object !== undefined; object = this.#nextToAsk()) {
      if (!this.#ask(this.#resting.pop()!, object)) return;
    }
    while (this.#connecting < waiting.length && this.#connections.size < this.#arm.connections) {
      const object = waiting[this.#connecting]!;
      if (object.isGivenUp && this.#connections.size > 0) return;
      const isFirst = object.index === 0 && !object.mustAuthorise;
      const intendedAtUs = isFirst ? object.wantedAtUs : this.#host.clock();
      const sinceUs = this.#blockedSince(object);
      const leave = object.isGivenUp ? 'never' : this.#host.permit(this.number, sinceUs, intendedAtUs);
      if (leave === 'wait') {
        object.blockedAtUs = sinceUs;
        return;
      }
      if (leave === 'never') this.#giveUp(object);
      else this.#connect(object, leave, intendedAtUs);
    }
  }

  /** Opens no further page, and closes its connections once they are idle. */
  retire(): void {
    this.#isRetired = true;
    if (this.#page !== undefined) return;
    for (const connection of this.#resting.splice(0)) connection.close();
  }

  /** Abandons the page being loaded and every connection. */
  abort(): void {
    this.#isRetired = true;
    const left = this.#page?.left ?? 0;
    this.#page = undefined;
    this.#queue.clear();
    this.#asked.clear();
    this.#bound.clear();
    for (let object = 0; object < left; object += 1) this.#host.objectOver(-1);
    for (const connection of [...this.#connections]) connection.abort();
  }

  ready(connection: Connection): void {
    const object = this.#bound.get(connection);
    if (object === undefined) {
      this.#connecting -= 1;
      this.#resting.push(connection);
      this.#closeWhereRetired();
    } else {
      this.#bound.delete(connection);
      this.#ask(connection, object);
    }
    this.pump();
  }

  answered(connection: Connection, answer: Answer): void {
    const object = this.#asked.get(connection)!;
    this.#asked.delete(connection);
    const challenge = challengeOf(answer, this.#arm.auth);
    if (challenge === undefined) {
      this.#take(connection, object, answer);
      return;
    }
    if (object.isAuthorised) {
      const isUnasked = this.#arm.auth?.mode === 'preemptive';
      this.#goesAhead = isUnasked;
      if (isUnasked && challenge.offersOthers)
        connection.end('not-offered', answer.status, challenge.schemes);
      else connection.end('denied', answer.status);
      this.#finish(object, -1);
    } else {
      this.#host.challenged(answer.completedAtUs - answer.sentAtUs);
      if (!challenge.isOffered) {
        connection.end('not-offered', answer.status, challenge.schemes);
        this.#finish(object, -1);
      } else this.#meetChallenge(connection, object, answer.status, challenge.persists);
    }
    this.pump();
  }

  over(connection: Connection, lost: Lost | undefined): void {
    this.#factory.forget(connection);
    this.#connections.delete(connection);
    const place = this.#resting.indexOf(connection);
    if (place >= 0) this.#resting.splice(place, 1);
    const object = this.#bound.get(connection) ?? this.#asked.get(connection);
    if (connection.record.establishedAtUs < 0) {
      if (!this.#bound.delete(connection)) this.#connecting -= 1;
      // As in Chromium, the longest-waiting request fails with it.
      const failed = object ?? this.#queue.takeFirst();
      if (failed !== undefined) this.#finish(failed, -1);
    } else if (object !== undefined) {
      this.#asked.delete(connection);
      this.#lose(object, lost);
    }
    this.pump();
  }

  /**
   * Takes the next object for an idle connection from the queue; undefined if there is no such connection or object.
   */
  #nextToAsk(): PageObject | undefined {
    if (this.#resting.length === 0) return undefined;
    return this.#queue.takeNext(this.#connections.size >= this.#arm.connections);
  }

  #connect(object: PageObject, attempt: number, intendedAtUs: number): void {
    const connection = this.#factory.create(this.number, attempt, intendedAtUs, this);
    this.#connections.add(connection);
    if (object.isAlone) {
      this.#queue.remove(object);
      this.#bound.set(connection, object);
    } else this.#connecting += 1;
    connection.open();
  }

  #giveUp(object: PageObject): void {
    object.isGivenUp = true;
    // Other connections may still serve it.
    if (this.#connections.size > 0) return;
    this.#queue.remove(object);
    this.#finish(object, -1);
  }

  #want(indexes: readonly number[], wantedAtUs: number): void {
    this.#queue.want(indexes, () => this.#host.nextNonce(), wantedAtUs);
  }

  /** @returns false if credentials are required and none are available: the object then waits */
  #ask(connection: Connection, object: PageObject, isAnswering = false): boolean {
    const { auth, page } = this.#arm;
    let credentials: string | undefined;
    if (auth !== undefined && (object.mustAuthorise || this.#authorisesAtOnce(connection))) {
      credentials = auth.credentials(auth.scheme === 'Basic' ? this.number : connection.record.attempt);
      if (credentials === undefined) return this.#waitForCredentials(connection, object);
    }
    object.blockedAtUs = -1;
    object.isAlone = false;
    object.isAuthorised = credentials !== undefined;
    this.#asked.set(connection, object);
    connection.ask(page.request(object.index, object.nonce, credentials), isAnswering);
    return true;
  }

  #waitForCredentials(connection: Connection, object: PageObject): boolean {
    object.isAlone = false;
    object.blockedAtUs = this.#blockedSince(object);
    if (this.#host.waits(this.number, object.blockedAtUs)) {
      this.#queue.putFirst(object);
      this.#rest(connection);
    } else {
      connection.end('no-credentials', this.#arm.auth?.status ?? 0);
      this.#finish(object, -1);
    }
    return false;
  }

  #rest(connection: Connection): void {
    connection.rest();
    if (this.#connections.has(connection)) this.#resting.push(connection);
  }

  /** With Basic, each request is authenticated; with Negotiate, the connection is (RFC 4559 section 6). */
  #authorisesAtOnce(connection: Connection): boolean {
    return this.#goesAhead && (this.#arm.auth?.scheme === 'Basic' || !connection.isProven);
  }

  #meetChallenge(connection: Connection, object: PageObject, status: number, persists: boolean): void {
    object.mustAuthorise = true;
    if (this.#arm.auth?.scheme === 'Basic') this.#goesAhead = true;
    if (persists) this.#ask(connection, object, true);
    else {
      this.#putLast(object);
      connection.end('challenged', status);
    }
  }

  #take(connection: Connection, object: PageObject, { status, completedAtUs }: Answer): void {
    this.#rest(connection);
    this.#finish(object, this.#arm.isExpected(status) ? completedAtUs - object.wantedAtUs : -1);
    this.pump();
  }

  #lose(object: PageObject, lost: Lost | undefined): void {
    if (lost === undefined || lost === 'failed') {
      this.#finish(object, -1);
      return;
    }
    if (lost === 'challenged') this.#putLast(object);
    else this.#queue.putFirst(object);
  }

  /**
   * An object whose connection was closed after a challenge goes to the back of the queue, because creating a token
   * takes time: objects already waiting go out first on the replacement connection, and are challenged as well.
   */
  #putLast(object: PageObject): void {
    object.mustAuthorise = true;
    object.isAlone = true;
    this.#queue.putLast(object);
  }

  /** @param tookUs -1 if it failed */
  #finish(object: PageObject, tookUs: number): void {
    const page = this.#page;
    if (page === undefined) return;
    this.#host.objectOver(tookUs);
    page.left -= 1;
    this.#queue.finished();
    if (tookUs < 0) page.isWhole = false;
    else if (object.index === 0) {
      const others = Array.from({ length: this.#arm.page.objects - 1 }, (_, index) => index + 1);
      page.left += others.length;
      this.#want(others, this.#host.clock());
    }
    if (page.left > 0) return;
    this.#page = undefined;
    this.#closeWhereRetired();
    this.#host.pageOver(this.number, page.isWhole ? this.#host.clock() - page.dueUs : -1);
  }

  #blockedSince({ blockedAtUs }: PageObject): number {
    return blockedAtUs < 0 ? this.#host.clock() : blockedAtUs;
  }

  #closeWhereRetired(): void {
    if (this.#isRetired) this.retire();
  }
}
