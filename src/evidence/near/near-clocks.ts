import { epochMs } from '../../epoch-ms.ts';
import type { Arena } from '../../net/arena.ts';
import { CLOCK_REALTIME } from '../../net/constants.ts';
import type { Libc } from '../../net/load.ts';

/** The two clocks that packets are placed by, microseconds since 1970. */
export interface NearClocks {
  /** By the clock of the threads (worker/shard-clock.ts): no setting of the system's moves it. */
  readonly steadyUs: () => number;
  /** The system's, as the kernel stamps packets with it; by the millisecond where the C library lacks the call. */
  readonly wallUs: () => number;
}

/** struct timespec with two fields of 8 bytes. */
export const CLOCK_BYTES = 16;

export function openNearClocks(libc: Libc, arena: Arena): NearClocks {
  const steadyUs = (): number => epochMs() * 1_000;
  const { clockGettime } = libc;
  if (clockGettime === undefined) return { steadyUs, wallUs: () => Date.now() * 1_000 };
  const { address, words } = arena.take(CLOCK_BYTES);
  return {
    steadyUs,
    wallUs() {
      clockGettime(CLOCK_REALTIME, address);
      return (words[0]! >>> 0) * 1_000_000 + words[2]! / 1_000;
    },
  };
}
