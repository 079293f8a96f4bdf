import { constants } from 'node:os';
import type { Region } from './arena.ts';
import type { Libc } from './load.ts';
import { writeTimespec } from './timespec.ts';

/**
 * Length of struct epoll_event: uapi/linux/eventpoll.h packs it only on x86-64, to keep the 32-bit layout. On ia32 it
 * is 12 too, because 8-byte fields are aligned to 4.
 */
const isPacked = process.arch === 'x64' || process.arch === 'ia32';
export const EPOLL_EVENT_LENGTH = isPacked ? 12 : 16;
/** Offset of the data word in it. */
export const EPOLL_DATA_AT = isPacked ? 4 : 8;

/** Waits at most `timeoutUs` for events. @returns their number, or a negated errno */
export type WaitForEvents = (epollFd: number, events: Region, maxEvents: number, timeoutUs: number) => number;

/** epoll_pwait2() with its nanosecond timeout, or epoll_wait() if the system lacks it. */
export function createWaitForEvents(libc: Libc, timespec: Region): WaitForEvents {
  let pwait2 = libc.epollPwait2;
  return (epollFd, events, maxEvents, timeoutUs) => {
    if (pwait2 !== undefined) {
      writeTimespec(timespec, timeoutUs);
      const count = pwait2(epollFd, events.address, maxEvents, timespec.address, 0, 0);
      if (count >= 0) return count;
      const errno = libc.errno();
      // Older container runtimes return EPERM for a call that their filter does not know.
      if (errno !== constants.errno.ENOSYS && errno !== constants.errno.EPERM) return -errno;
      pwait2 = undefined;
    }
    // Rounded down: better to return early than to start an attempt late.
    const count = libc.epollWait(epollFd, events.address, maxEvents, Math.floor(timeoutUs / 1_000));
    return count >= 0 ? count : -libc.errno();
  };
}
