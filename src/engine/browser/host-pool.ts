import type { Connection } from './connection.ts';
import { ObjectQueue } from './object-queue.ts';
import type { PageObject } from './page-object.ts';

/** One browser's connections for one host, and the objects that wait for one (Chromium: ClientSocketPool::Group). */
export class HostPool {
  /** Number of the host. */
  readonly site: number;
  readonly #most: number;
  readonly connections = new Set<Connection>();
  /** Idle connections that were used: the most recently idle one is last. */
  readonly #resting: Connection[] = [];
  /** Idle connections that were not. */
  readonly #unused: Connection[] = [];
  /** Idle connections that were established before a request had another choice. */
  readonly #awaited: Connection[] = [];
  readonly #idle = [this.#resting, this.#unused, this.#awaited];
  /** Connections being opened that are known to be established. */
  readonly #unnoticed = new Set<Connection>();
  /** Connections being opened for one specific object, which no other gets. */
  readonly #bound = new Map<Connection, PageObject>();
  /** Connections being opened for any waiting object, or for none. */
  readonly #opening = new Set<Connection>();
  /** Connections being opened to a proxy that has been given up: nothing waits for them. */
  readonly #abandoned = new Set<Connection>();
  /** Connections that replace those whose proxy closed after its challenge: they are to carry credentials at once. */
  #owed = 0;
  /** It carries all requests for the host, as long as it takes any. */
  #shared: Connection | undefined;
  readonly queue: ObjectQueue;
  /** A first connection is being opened, or others that were begun before it was established. */
  #isBeginning = false;

  /** @param most open connections */
  constructor(site: number, most: number) {
    this.site = site;
    this.#most = most;
    this.queue = new ObjectQueue(most);
  }

  /** Lets as many objects wait for a connection as may be in progress at once. */
  refill(): void {
    this.queue.refill(this.isMultiplexed);
  }

  get isFull(): boolean {
    return this.connections.size - this.#abandoned.size >= this.#most;
  }

  /** Whether any connection can carry requests, or did. */
  get isReached(): boolean {
    for (const connection of this.connections) if (connection.isReady) return true;
    return false;
  }

  /** One connection carries all requests for the host. */
  get isMultiplexed(): boolean {
    return this.#shared?.isUsable === true;
  }

  /** The object for which another connection is to be opened; undefined if none is needed or the limit is reached. */
  get wanting(): PageObject | undefined {
    if (this.isMultiplexed) return undefined;
    return this.isFull ? undefined : this.queue.waiting[this.#opening.size];
  }

  /**
   * Takes an idle connection and the next object for it; undefined if there is no such connection or object. Of those
   * never used, the oldest comes first, and after all others (ClientSocketPool::FindTopIdleSocket).
   */
  takeNext(): { connection: Connection; object: PageObject } | undefined {
    if (this.#shared?.isUsable === true) {
      const object = this.queue.takeNext(true);
      return object && { connection: this.#shared, object };
    }
    if (this.#resting.length + this.#unused.length + this.#awaited.length === 0) return undefined;
    if (this.#awaited.length === 0 && this.#leavesAll()) return undefined;
    const object = this.queue.takeNext(this.isFull);
    if (object === undefined) return undefined;
    const connection = this.#awaited.shift() ?? this.#resting.pop() ?? this.#unused.shift();
    return { connection: connection!, object };
  }

  /**
   * Whether all objects that wait are for connections whose handshake is over: had this thread not been busy with other browsers
   * meanwhile, as a browser of its own is not, they would have been asked for on these.
   */
  #leavesAll(): boolean {
    const { length } = this.queue.waiting;
    if (length === 0 || length > this.#opening.size) return false;
    for (const connection of this.#opening) if (connection.isReadyUnnoticed) this.#unnoticed.add(connection);
    return this.#unnoticed.size >= length;
  }

  /**
   * A connection begins to be opened.
   * @param object that it is opened for; undefined: for none in particular
   */
  add(connection: Connection, object: PageObject | undefined): void {
    if (this.connections.size === this.#abandoned.size) this.#isBeginning = true;
    this.connections.add(connection);
    if (object?.isAlone === true) {
      this.queue.remove(object);
      this.#bound.set(connection, object);
    } else this.#opening.add(connection);
  }

  /**
   * It is established.
   * @returns the object that it was opened for; if undefined, it is idle
   */
  establish(connection: Connection): PageObject | undefined {
    const object = this.#establish(connection);
    this.#noteOpening();
    return object;
  }

  #establish(connection: Connection): PageObject | undefined {
    this.#abandoned.delete(connection);
    if (connection.isMultiplexed) return this.#share(connection);
    const object = this.#bound.get(connection);
    if (this.#bound.delete(connection)) return object;
    this.#opening.delete(connection);
    const isAwaited = this.#unnoticed.delete(connection) && this.queue.waiting.length > 0;
    (isAwaited ? this.#awaited : this.#unused).push(connection);
    return undefined;
  }

  #noteOpening(): void {
    if (this.#opening.size + this.#bound.size === 0) this.#isBeginning = false;
  }

  /**
   * A handshake is slow. Chromium opens another connection, once, if the timer is still running that it has set with the first of all
   * connections to the host: it stops when none is being opened (net/socket/transport_client_socket_pool.cc, StartBackupJobTimer).
   * @returns whether another is to be opened for what waits
   */
  takeBackup(): boolean {
    const isBeginning = this.#isBeginning;
    this.#isBeginning = false;
    return isBeginning;
  }

  /** All that wait can go over it. */
  #share(connection: Connection): undefined {
    // Those that another connection was opened for as well (net/http/http_stream_factory_job.cc, OnSpdySessionAvailable).
    for (const [other, object] of [...this.#bound].toReversed()) {
      this.queue.putFirst(object);
      this.#opening.add(other);
    }
    this.#bound.clear();
    this.#opening.delete(connection);
    // One is enough: an existing session is used, and the new one closed.
    if (this.isMultiplexed) connection.close();
    else this.#shared = connection;
  }

  /**
   * The proxy asks for credentials before it opens a tunnel: only what waits for one can give any, and that has this connection from
   * now on (net/socket/transport_client_socket_pool.cc, OnNeedsProxyAuth).
   * @returns false if nothing waits
   */
  bind(connection: Connection): boolean {
    if (this.#abandoned.has(connection)) return false;
    if (this.#bound.has(connection)) return true;
    const object = this.queue.takeFirst();
    if (object === undefined) return false;
    this.#opening.delete(connection);
    this.#bound.set(connection, object);
    return true;
  }

  /**
   * A proxy has been given up: what waits goes over another, as in Chromium, which has pools of its own for each
   * (net/socket/client_socket_pool_manager.h, GetSocketPool).
   * @param endpoint index of the proxy
   */
  abandon(endpoint: number): void {
    for (const connection of this.#opening) {
      if (connection.record.endpoint !== endpoint) continue;
      this.#opening.delete(connection);
      this.#abandoned.add(connection);
    }
    this.#noteOpening();
  }

  /** Whether it is still being opened, to a proxy that has been given up. */
  isAbandoned(connection: Connection): boolean {
    return this.#abandoned.has(connection);
  }

  /** Whether the next connection takes the place of one that was challenged. */
  takeOwed(): boolean {
    if (this.#owed === 0) return false;
    this.#owed -= 1;
    return true;
  }

  /** @param fromUs now, if the clock has just been read */
  rest(connection: Connection, fromUs?: number): void {
    connection.rest(fromUs);
    if (!connection.isMultiplexed && this.connections.has(connection))
      (connection.isProven ? this.#resting : this.#unused).push(connection);
  }

  /**
   * It has ended.
   * @param isChallenged another connection takes its place
   * @returns the object that fails with it, if it was never ready: as in Chromium, the one that has waited longest
   */
  remove(connection: Connection, isChallenged: boolean): PageObject | undefined {
    this.connections.delete(connection);
    if (this.#shared === connection) this.#shared = undefined;
    this.#unnoticed.delete(connection);
    for (const idle of this.#idle) {
      const place = idle.indexOf(connection);
      if (place >= 0) idle.splice(place, 1);
    }
    if (connection.isReady || this.#abandoned.delete(connection)) return undefined;
    const object = this.#bound.get(connection);
    this.#bound.delete(connection);
    this.#opening.delete(connection);
    this.#noteOpening();
    if (!isChallenged) return object ?? this.queue.takeFirst();
    if (object === undefined) return undefined;
    this.queue.putFirst(object);
    this.#owed += 1;
    return undefined;
  }

  /** Closes the connections that have been idle for too long. */
  closeStale(nowUs: number): void {
    for (const idle of this.#idle)
      for (const connection of idle.filter((one) => one.isStale(nowUs))) connection.close();
    if (this.#shared?.isBusy === false && this.#shared.isStale(nowUs)) this.#shared.close();
  }

  /** Closes the connection that has been idle longest. @returns false if there is none */
  closeOneIdle(): boolean {
    const shared = this.#shared?.isBusy === false ? this.#shared : undefined;
    const connection = this.#unused[0] ?? this.#awaited[0] ?? this.#resting[0] ?? shared;
    connection?.close();
    return connection !== undefined;
  }

  closeIdle(): void {
    for (const connection of this.#idle.flat()) connection.close();
    if (this.#shared?.isBusy === false) this.#shared.close();
  }

  abort(): void {
    this.queue.clear();
    this.#bound.clear();
    for (const connection of [...this.connections]) connection.abort();
  }
}
