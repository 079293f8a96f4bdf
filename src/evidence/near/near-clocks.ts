import { performance } from 'node:perf_hooks';
import { Arena } from '../../net/arena.ts';
import { CLOCK_REALTIME } from '../../net/constants.ts';
import type { Libc } from '../../net/load.ts';

/** The two clocks that packets are placed by, microseconds since 1970. */
export interface NearClocks {
  /** By the clock of the threads (worker/shard-clock.ts): no setting of the system's moves it. */
  readonly steadyUs: () => number;
  /** The system's, as the kernel stamps packets with it; by the millisecond where the C library lacks the call. */
  readonly wallUs: () => number;
  readonly release: () => void;
}

export function openNearClocks(libc: Libc): NearClocks {
  const steadyUs = (): number => (performance.timeOrigin + performance.now()) * 1_000;
  const { clockGettime } = libc;
  if (clockGettime === undefined)
    return { steadyUs, wallUs: () => Date.now() * 1_000, release: () => undefined };
  const arena = new Arena(libc, 16);
  const { address, words } = arena.take(16);
  return {
    steadyUs,
    wallUs() {
      clockGettime(CLOCK_REALTIME, address);
      return (words[0]! >>> 0) * 1_000_000 + words[2]! / 1_000;
    },
    release: () => arena.release(),
  };
}
