import { EPOLLERR, EPOLLHUP, EPOLLOUT } from '../../libc/constants.ts';
import type { Arena, Libc, Region } from '../../libc/index.ts';
import type { Reactor, ReactorListener } from '../reactor.ts';

/** Sockets asked about in one call. */
const MAX = 1_024;

/** struct pollfd, poll(2): the descriptor (4 bytes), what is asked (2), the answer (2). One below 0 is passed over. */
const POLLFD_BYTES = 8;
const POLLFD_WORDS = POLLFD_BYTES / 4;
const NOBODY = -1;

/** What a socket that connects is asked for: it can be written to, or has failed. */
export const CONNECTED = EPOLLOUT | EPOLLERR | EPOLLHUP;

/** Bytes of an arena that they take. */
export const FRESH_ARENA_BYTES = MAX * POLLFD_BYTES;

/** Sockets that began to connect since the last wait. */
export class FreshSockets {
  readonly #libc: Libc;
  readonly #pollfds: Region;
  readonly #slots = new Int32Array(MAX);
  readonly #generations = new Uint32Array(MAX);
  /** By slot: its place here, or {@link NOBODY}. */
  readonly #places: Int32Array;
  #count = 0;

  constructor(libc: Libc, arena: Arena, capacity: number) {
    this.#libc = libc;
    this.#pollfds = arena.take(MAX * POLLFD_BYTES);
    this.#places = new Int32Array(capacity).fill(NOBODY);
  }

  /** @returns false where there is no room */
  add(fd: number, slot: number, generation: number): boolean {
    if (this.#count === MAX) return false;
    const place = this.#count++;
    this.#put(place, fd, slot, generation);
    return true;
  }

  remove(slot: number): void {
    const place = this.#places[slot]!;
    if (place === NOBODY) return;
    this.#places[slot] = NOBODY;
    this.#pollfds.words[place * POLLFD_WORDS] = NOBODY;
  }

  /** Asks all of them; tells those that have news, and has the others watched. @returns how many had news */
  tell(listener: ReactorListener, reactor: Pick<Reactor, 'watchOn'>): number {
    const asked = this.#count;
    if (asked === 0) return 0;
    const { words, address } = this.#pollfds;
    this.#libc.poll(address, asked, 0);
    let told = 0;
    for (let place = 0; place < asked; place++) {
      const fd = words[place * POLLFD_WORDS]!;
      // Removed, maybe by what was told just now.
      if (fd === NOBODY) continue;
      const slot = this.#slots[place]!;
      this.#places[slot] = NOBODY;
      const events = words[place * POLLFD_WORDS + 1]! >>> 16;
      if (events === 0) {
        reactor.watchOn(fd, slot, this.#generations[place]!);
        continue;
      }
      told++;
      listener.ready(slot, this.#generations[place]!, events);
    }
    this.#keepFrom(asked);
    return told;
  }

  /** Those that were begun while others were told are the next wait's. */
  #keepFrom(first: number): void {
    const { words } = this.#pollfds;
    const count = this.#count;
    this.#count = 0;
    for (let place = first; place < count; place++) {
      const fd = words[place * POLLFD_WORDS]!;
      if (fd === NOBODY) continue;
      this.#put(this.#count++, fd, this.#slots[place]!, this.#generations[place]!);
    }
  }

  #put(place: number, fd: number, slot: number, generation: number): void {
    const { words } = this.#pollfds;
    words[place * POLLFD_WORDS] = fd;
    words[place * POLLFD_WORDS + 1] = CONNECTED;
    this.#slots[place] = slot;
    this.#generations[place] = generation;
    this.#places[slot] = place;
  }
}
