import type { Connection } from './connection.ts';
import { ObjectQueue } from './object-queue.ts';
import type { PageObject } from './page-object.ts';

/** One browser's connections for one host, and the objects that wait for one (Chromium: ClientSocketPool::Group). */
export class HostPool {
  /** Number of the host. */
  readonly site: number;
  readonly #most: number;
  readonly connections = new Set<Connection>();
  /** The most recently idle connection is last. */
  readonly #resting: Connection[] = [];
  /** Connections being opened for one specific object. */
  readonly #bound = new Map<Connection, PageObject>();
  /** Connections being opened for any waiting object. */
  #connecting = 0;
  readonly queue: ObjectQueue;

  /** @param most open connections */
  constructor(site: number, most: number) {
    this.site = site;
    this.#most = most;
    this.queue = new ObjectQueue(most);
  }

  get isFull(): boolean {
    return this.connections.size >= this.#most;
  }

  /** The object for which another connection is to be opened; undefined if none is needed or the limit is reached. */
  get wanting(): PageObject | undefined {
    return this.isFull ? undefined : this.queue.waiting[this.#connecting];
  }

  /** Takes an idle connection and the next object for it; undefined if there is no such connection or object. */
  takeNext(): { connection: Connection; object: PageObject } | undefined {
    if (this.#resting.length === 0) return undefined;
    const object = this.queue.takeNext(this.isFull);
    return object && { connection: this.#resting.pop()!, object };
  }

  /** A connection begins to be opened for this object. */
  add(connection: Connection, object: PageObject): void {
    this.connections.add(connection);
    if (object.isAlone) {
      this.queue.remove(object);
      this.#bound.set(connection, object);
    } else this.#connecting += 1;
  }

  /**
   * It is established.
   * @returns the object that it was opened for; if undefined, it is idle
   */
  establish(connection: Connection): PageObject | undefined {
    const object = this.#bound.get(connection);
    if (object === undefined) {
      this.#connecting -= 1;
      this.#resting.push(connection);
    } else this.#bound.delete(connection);
    return object;
  }

  rest(connection: Connection): void {
    connection.rest();
    if (this.connections.has(connection)) this.#resting.push(connection);
  }

  /**
   * It has ended.
   * @returns the object that fails with it, if it was never established: as in Chromium, the one that has waited longest
   */
  remove(connection: Connection): PageObject | undefined {
    this.connections.delete(connection);
    const place = this.#resting.indexOf(connection);
    if (place >= 0) this.#resting.splice(place, 1);
    if (connection.isEstablished) return undefined;
    const object = this.#bound.get(connection);
    if (this.#bound.delete(connection)) return object;
    this.#connecting -= 1;
    return this.queue.takeFirst();
  }

  closeIdle(): void {
    for (const connection of this.#resting.splice(0)) connection.close();
  }

  abort(): void {
    this.queue.clear();
    this.#bound.clear();
    for (const connection of [...this.connections]) connection.abort();
  }
}
