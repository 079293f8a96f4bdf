import { EnvironmentError } from '../../errors.ts';
import type { Libc } from '../libc/index.ts';
import type { ReactorName } from '../types.ts';
import { EpollReactor } from './epoll-reactor.ts';
import type { Reactor } from './reactor.ts';
import { explainRefusal } from './uring/probe.ts';
import { UringReactor } from './uring/reactor.ts';
import { RingError } from './uring/ring-error.ts';

/**
 * @param capacity highest number of a slot, plus one
 * @throws EnvironmentError where the system does not give what it needs
 */
export function createReactor(name: ReactorName, libc: Libc, capacity: number): Reactor {
  switch (name) {
    case 'epoll':
      return new EpollReactor(libc, capacity);
    case 'io_uring':
      return createUringReactor(libc, capacity);
  }
}

function createUringReactor(libc: Libc, capacity: number): Reactor {
  try {
    return new UringReactor(libc, capacity);
  } catch (error) {
    if (error instanceof RingError) throw uringUnavailable(explainRefusal(error));
    throw error;
  }
}

/** @param why a clause, such as "the kernel is too old" */
export function uringUnavailable(why: string): EnvironmentError {
  return new EnvironmentError(`io_uring cannot be used here: ${why}.`, {
    hint: 'Use --reactor epoll, or auto, which then takes epoll by itself.',
  });
}
