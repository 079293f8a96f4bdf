import { constants } from 'node:os';
import { EnvironmentError } from '../../errors.ts';
import { EPOLL_CLOEXEC, EPOLL_CTL_ADD, EPOLLET, EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../libc/constants.ts';
import { createWaitForEvents, EPOLL_DATA_AT, EPOLL_EVENT_LENGTH } from '../libc/epoll.ts';
import { Arena, type Libc } from '../libc/index.ts';
import type { Reactor } from './reactor.ts';

/** Events taken in one call. */
const MAX_EVENTS = 1_024;

/** The events, the event to add, a timespec. */
const ARENA_BYTES = (MAX_EVENTS + 1) * EPOLL_EVENT_LENGTH + 64;

/**
 * A reactor on epoll(7). One edge-triggered registration for all events serves a connection for its whole life: no
 * system call to change or remove it, as closing the descriptor ends it.
 * @throws EnvironmentError where the system gives no epoll descriptor
 */
export function createEpollReactor(libc: Libc): Reactor {
  const epollFd = libc.epollCreate(EPOLL_CLOEXEC);
  if (epollFd < 0) {
    throw new EnvironmentError(`epoll_create1 failed (errno ${libc.errno()}).`, {
      hint: 'Most likely the descriptor limit is used up: raise it with ulimit -n.',
    });
  }
  const arena = new Arena(libc, ARENA_BYTES);
  const events = arena.take(MAX_EVENTS * EPOLL_EVENT_LENGTH);
  const added = arena.take(EPOLL_EVENT_LENGTH);
  const waitForEvents = createWaitForEvents(libc, arena.take(16));
  const stride = EPOLL_EVENT_LENGTH / 4;
  const dataAt = EPOLL_DATA_AT / 4;
  added.words[0] = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET;

  return {
    name: 'epoll',
    reads: false,

    watch(fd, slot, generation) {
      added.words[dataAt] = slot;
      added.words[dataAt + 1] = generation;
      return libc.epollCtl(epollFd, EPOLL_CTL_ADD, fd, added.address) === 0 ? 0 : libc.errno();
    },

    // The one registration says all that these could ask for, and ends with the descriptor.
    watchOn() {},
    receive() {},
    forget() {},

    wait(maxWaitUs, listener) {
      const count = waitForEvents(epollFd, events, MAX_EVENTS, maxWaitUs);
      // A signal that Node handles may end the wait early: the next call waits again.
      if (count === -constants.errno.EINTR) return true;
      if (count < 0) throw new Error(`epoll_wait failed (errno ${-count})`);
      const { words } = events;
      for (let index = 0, at = 0; index < count; index++, at += stride) {
        listener.ready(words[at + dataAt]!, words[at + dataAt + 1]! >>> 0, words[at]!);
      }
      return count < MAX_EVENTS;
    },

    close() {
      libc.close(epollFd);
      arena.release();
    },
  };
}
