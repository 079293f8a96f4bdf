import type { Region } from './arena.ts';
import type { Libc } from './load.ts';
import { writeTimespec } from './timespec.ts';

/**
 * struct pollfd, poll(2): descriptor (4 bytes), requested events (2), returned events (2). A negative descriptor is
 * ignored.
 */
export const POLLFD_BYTES = 8;

/** Waits at most `timeoutUs` for one of `count` descriptors. @returns how many have events, or a negated errno */
export type Poll = (pollfdsAt: number, count: number, timeoutUs: number) => number;

/** ppoll() with its nanosecond timeout, or poll() if the system lacks it. */
export function createPoll(libc: Libc, timespec: Region): Poll {
  const { ppoll } = libc;
  return (pollfdsAt, count, timeoutUs) => {
    let ready: number;
    if (ppoll === undefined || timeoutUs <= 0) {
      // Rounded down: better to return early than to start an attempt late.
      ready = libc.poll(pollfdsAt, count, Math.floor(timeoutUs / 1_000));
    } else {
      writeTimespec(timespec, timeoutUs);
      ready = ppoll(pollfdsAt, count, timespec.address, 0);
    }
    return ready >= 0 ? ready : -libc.errno();
  };
}
