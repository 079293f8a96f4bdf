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

/** The events, the event to add, a timespec. */
const EPOLL_BYTES = (MAX_EVENTS + 1) * EPOLL_EVENT_LENGTH + 64;

const STRIDE = EPOLL_EVENT_LENGTH / 4;
const DATA_AT = EPOLL_DATA_AT / 4;

/**
 * Tells which connections have news. Who hears of bytes, or of room for more, reads or sends until nothing is left: it
 * need not be told of the same again.
 *
 * New sockets are polled together: see {@link PollSet}. One with which nothing happens for a while is registered with
 * epoll(7). One edge-triggered registration for all events then serves a connection for its whole life: no system call
 * changes or removes it, as closing the descriptor ends it.
 */
export class Reactor {
  readonly #libc: Libc;
  readonly #arena: Arena;
  readonly #epollFd: number;
  readonly #events: Region;
  readonly #added: Region;
  readonly #waitForEvents: WaitForEvents;
  readonly #fresh: PollSet;
  /** By slot: 1 where its socket is registered. */
  readonly #isRegistered: Uint8Array;
  #registered = 0;

  /**
   * @param capacity highest number of a slot, plus one
   * @throws EnvironmentError where the system gives no epoll descriptor
   */
  constructor(libc: Libc, capacity: number) {
    this.#libc = libc;
    this.#epollFd = libc.epollCreate(EPOLL_CLOEXEC);
    if (this.#epollFd < 0) {
      throw new EnvironmentError(`epoll_create1 failed (errno ${libc.errno()}).`, {
        hint: 'The limit on open files is probably exhausted: raise it with ulimit -n.',
      });
    }
    this.#arena = new Arena(libc, EPOLL_BYTES + POLL_SET_BYTES + 64);
    this.#events = this.#arena.take(MAX_EVENTS * EPOLL_EVENT_LENGTH);
    this.#added = this.#arena.take(EPOLL_EVENT_LENGTH);
    this.#added.words[0] = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;
    this.#waitForEvents = createWaitForEvents(libc, this.#arena.take(16));
    this.#isRegistered = new Uint8Array(capacity);
    this.#fresh = new PollSet(libc, this.#arena, capacity, this.#register);
  }

  /**
   * Watches a socket that is connecting, until `forget`: the next `wait` tells how that went, if it is known by then.
   * Whatever comes in after that is told too.
   * @returns 0 or an errno
   */
  watch(fd: number, slot: number, generation: number): number {
    if (this.#fresh.add(fd, slot, generation) || this.#register(fd, slot, generation)) return 0;
    return this.#libc.errno();
  }

  /** Tells again once the socket can be written to, or is in error: what was told was not the end of it. */
  watchOn(slot: number): void {
    this.#fresh.askForRoom(slot);
  }

  /** Ends all that is under way for a slot: its descriptor is about to be closed, and that has to be its last use. */
  forget(slot: number): void {
    this.#fresh.remove(slot);
    this.#registered -= this.#isRegistered[slot]!;
    this.#isRegistered[slot] = 0;
  }

  /**
   * Waits at most `maxWaitUs` and hands on what there is to tell.
   * @returns whether that was all: false, if there may be more than one call can tell
   */
  wait(maxWaitUs: number, handle: HandleReady): boolean {
    if (this.#fresh.size === 0) return this.#tellRegistered(maxWaitUs, handle);
    const besides = this.#registered > 0 ? this.#epollFd : -1;
    return !this.#fresh.tell(maxWaitUs, besides, handle) || this.#tellRegistered(0, handle);
  }

  close(): void {
    this.#libc.close(this.#epollFd);
    this.#arena.release();
  }

  #tellRegistered(maxWaitUs: number, handle: HandleReady): boolean {
    const count = this.#waitForEvents(this.#epollFd, this.#events, MAX_EVENTS, maxWaitUs);
    // A signal that Node handles may end the wait early: the next call waits again.
    if (count === -constants.errno.EINTR) return true;
    if (count < 0) throw new Error(`epoll_wait failed (errno ${-count})`);
    const { words } = this.#events;
    for (let index = 0, at = 0; index < count; index++, at += STRIDE) {
      handle(words[at + DATA_AT]!, words[at + DATA_AT + 1]! >>> 0, words[at]!);
    }
    return count < MAX_EVENTS;
  }

  /** A field, so that handing it over makes no closure. */
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
