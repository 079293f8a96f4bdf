import { constants } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../net/constants.ts';
import {
  createWaitForEvents,
  EPOLL_DATA_AT,
  EPOLL_EVENT_LENGTH,
  type WaitForEvents,
} from '../../net/epoll.ts';
import { Arena, type Libc, type Region } from '../../net/index.ts';
import { type HandleReady, POLL_SET_BYTES, PollSet } from './poll-set.ts';

/** Events taken in one call. */
const MAX_EVENTS = 1_024;

const EVENTS = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

/** The events, the event to add, a timespec. */
const EPOLL_BYTES = (MAX_EVENTS + 1) * EPOLL_EVENT_LENGTH + 64;

/** Stands for a descriptor that belongs to no connection. */
const NO_SLOT = -1;

const STRIDE = EPOLL_EVENT_LENGTH / 4;
const DATA_AT = EPOLL_DATA_AT / 4;

/**
 * Reports which connections have events. The handler reads or sends until nothing is left, so the same event need not
 * be reported again.
 *
 * New sockets are polled together where connections are short: see {@link PollSet}. One without events for a while, and
 * any other, is registered with epoll(7).
 * One edge-triggered registration for all events then serves a connection for its whole life: no system call changes
 * or removes it, because closing the descriptor ends it.
 */
export class Reactor {
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #epollFd: number;
  readonly #events: Region;
  readonly #added: Region;
  readonly #waitForEvents: WaitForEvents;
  readonly #areShortLived: boolean;
  readonly #fresh: PollSet;
  /** By slot: 1 if its socket is registered. */
  readonly #isRegistered: Uint8Array;
  #registered = 0;

  /**
   * @param capacity highest number of a slot, plus one
   * @param areShortLived most connections end within a few waits, so that it pays to poll new sockets together
   * @throws EnvironmentError if the system gives no epoll descriptor
   */
  constructor(libc: Libc, capacity: number, areShortLived = true) {
    this.#libc = libc;
    this.#areShortLived = areShortLived;
    this.#epollFd = libc.epollCreate(EPOLL_CLOEXEC);
    if (this.#epollFd < 0) {
      throw new EnvironmentError(`epoll_create1 failed (errno ${libc.errno()}).`, {
        hint: 'The limit on open files is probably exhausted: raise it with ulimit -n.',
      });
    }
    this.#arena = new Arena(libc, EPOLL_BYTES + POLL_SET_BYTES + 64);
    this.#events = this.#arena.take(MAX_EVENTS * EPOLL_EVENT_LENGTH);
    this.#added = this.#arena.take(EPOLL_EVENT_LENGTH);
    this.#added.words[0] = EVENTS;
    this.#waitForEvents = createWaitForEvents(libc, this.#arena.take(16));
    this.#isRegistered = new Uint8Array(capacity);
    this.#fresh = new PollSet(libc, this.#arena, capacity, this.#register);
  }

  /**
   * Watches a connecting socket until `forget`: the next `wait` reports the result, if it is known by then. Anything
   * received afterwards is reported too.
   * @returns 0 or an errno
   */
  watch(fd: number, slot: number, generation: number): number {
    if (this.#areShortLived && this.#fresh.add(fd, slot, generation)) return 0;
    if (this.#register(fd, slot, generation)) return 0;
    return this.#libc.errno();
  }

  /** A descriptor that ends waits as long as it can be read, and that nobody is told of. @throws EnvironmentError */
  watchBesides(fd: number): void {
    const { words, address } = this.#added;
    words[0] = EPOLLIN;
    words[DATA_AT] = NO_SLOT;
    const result = this.#libc.epollCtl(this.#epollFd, EPOLL_CTL_ADD, fd, address);
    words[0] = EVENTS;
    if (result !== 0) throw new EnvironmentError(`epoll_ctl failed (errno ${this.#libc.errno()}).`);
    this.#registered += 1;
  }

  /** Another may watch it: it can be read while there is anything to report. */
  get fd(): number {
    return this.#epollFd;
  }

  /** Reports again once the socket is writable or in error: the handler had not finished. */
  watchOn(slot: number): void {
    this.#fresh.askForRoom(slot);
  }

  /**
   * Ends everything in progress for a slot. Call just before its descriptor is closed; this must be the descriptor's
   * last use.
   */
  forget(slot: number): void {
    this.#fresh.remove(slot);
    this.#registered -= this.#isRegistered[slot]!;
    this.#isRegistered[slot] = 0;
  }

  /**
   * Waits at most `maxWaitUs` and reports events.
   * @returns whether that was all; false if there may be more than one call can report
   */
  wait(maxWaitUs: number, handle: HandleReady): boolean {
    if (this.#fresh.size === 0) return this.#reportRegistered(maxWaitUs, handle);
    const besides = this.#registered > 0 ? this.#epollFd : -1;
    return !this.#fresh.tell(maxWaitUs, besides, handle) || this.#reportRegistered(0, handle);
  }

  close(): void {
    this.#libc.close(this.#epollFd);
    this.#arena.release();
  }

  #reportRegistered(maxWaitUs: number, handle: HandleReady): boolean {
    const count = this.#waitForEvents(this.#epollFd, this.#events, MAX_EVENTS, maxWaitUs);
    // A signal that Node handles may end the wait early: the next call waits again.
    if (count === -constants.errno.EINTR) return true;
    if (count < 0) throw new Error(`epoll_wait failed (errno ${-count})`);
    const { words } = this.#events;
    for (let index = 0, at = 0; index < count; index++, at += STRIDE) {
      const slot = words[at + DATA_AT]!;
      if (slot !== NO_SLOT) handle(slot, words[at + DATA_AT + 1]! >>> 0, words[at]!);
    }
    return count < MAX_EVENTS;
  }

  /** A field, so that passing it on allocates no closure. */
  readonly #register = (fd: number, slot: number, generation: number): boolean => {
    const { words, address } = this.#added;
    words[DATA_AT] = slot;
    words[DATA_AT + 1] = generation;
    if (this.#libc.epollCtl(this.#epollFd, EPOLL_CTL_ADD, fd, address) !== 0) return false;
    this.#isRegistered[slot] = 1;
    this.#registered += 1;
    return true;
  };
}
