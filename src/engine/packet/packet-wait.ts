import { POLLIN } from '../../net/constants.ts';
import type { Arena, Libc, Region } from '../../net/index.ts';
import type { PacketRing } from '../../net/packet-socket/ring.ts';
import { createPoll, POLLFD_BYTES, type Poll } from '../../net/poll.ts';

/** Waits until a packet has come on any of the rings. */
export class PacketWait {
  readonly #pollfds: Region;
  readonly #count: number;
  readonly #poll: Poll;

  constructor(libc: Libc, arena: Arena, rings: readonly PacketRing[]) {
    this.#pollfds = arena.take(POLLFD_BYTES * rings.length);
    this.#count = rings.length;
    rings.forEach(({ fd }, index) => {
      this.#pollfds.words[2 * index] = fd;
      this.#pollfds.words[2 * index + 1] = POLLIN;
    });
    this.#poll = createPoll(libc, arena.take(16));
  }

  /** @param maxWaitUs at most so long */
  wait(maxWaitUs: number): void {
    this.#poll(this.#pollfds.address, this.#count, maxWaitUs);
  }
}
