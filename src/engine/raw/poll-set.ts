import { constants } from 'node:os';
import { EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../net/constants.ts';
import type { Arena, Libc, Region } from '../../net/index.ts';
import { createPoll, POLLFD_BYTES, type Poll } from '../../net/poll.ts';

/**
 * What an engine hears of its connections. The generation tells whose news it is: slots are used again.
 * @param events poll(2) bits: IN, OUT, ERR, HUP, RDHUP
 */
export type HandleReady = (slot: number, generation: number, events: number) => void;

/** Sockets asked in one call. The call's cost grows with each of them, whether it has news or not. */
const MAX = 1_024;

/** In vain, before a socket is handed over. A look costs about a sixth of that: those that wait pay twice at most. */
const LOOKS = 6;

const POLLFD_WORDS = POLLFD_BYTES / 4;
const NOBODY = -1;

/** What a socket that connects, or has more to send, is asked for; errors are always told. */
const ALL = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
/** What one is asked for that is connected and has sent all. */
const INCOMING = EPOLLIN | EPOLLRDHUP;

/** Bytes of an arena that a set takes: its sockets and one more descriptor, and the time to wait. */
export const POLL_SET_BYTES = (MAX + 1) * POLLFD_BYTES + 16;

/**
 * Takes over a socket that had no news for a while.
 * @returns false where it cannot, so that it stays
 */
export type TakeOver = (fd: number, slot: number, generation: number) => boolean;

/**
 * Sockets that are asked by poll(2), all at once. Nothing is registered for it, neither before nor after: for a
 * connection that is over within a few looks that costs a fraction of what epoll_ctl() and its callbacks do. A socket
 * that has been looked at in vain for some time is handed over to what costs nothing while nothing happens.
 */
export class PollSet {
  readonly #poll: Poll;
  readonly #takeOver: TakeOver;
  readonly #pollfds: Region;
  readonly #slots = new Int32Array(MAX);
  readonly #generations = new Uint32Array(MAX);
  /** Looks left without news. */
  readonly #patience = new Uint8Array(MAX);
  /** By slot: its place here, or {@link NOBODY}. */
  readonly #places: Int32Array;
  #count = 0;

  /** @param capacity highest number of a slot, plus one */
  constructor(libc: Libc, arena: Arena, capacity: number, takeOver: TakeOver) {
    this.#pollfds = arena.take((MAX + 1) * POLLFD_BYTES);
    this.#poll = createPoll(libc, arena.take(16));
    this.#places = new Int32Array(capacity).fill(NOBODY);
    this.#takeOver = takeOver;
  }

  get size(): number {
    return this.#count;
  }

  /** @returns false where there is no room */
  add(fd: number, slot: number, generation: number): boolean {
    if (this.#count === MAX) return false;
    const place = this.#count++;
    this.#put(place, fd, ALL, slot, generation);
    this.#patience[place] = LOOKS;
    return true;
  }

  /** Asks a socket, if it is here, once more whether it can be written to. */
  askForRoom(slot: number): void {
    const place = this.#places[slot]!;
    if (place !== NOBODY) this.#pollfds.words[place * POLLFD_WORDS + 1] = ALL;
  }

  /** Its descriptor is about to be closed. */
  remove(slot: number): void {
    const place = this.#places[slot]!;
    if (place === NOBODY) return;
    this.#places[slot] = NOBODY;
    this.#pollfds.words[place * POLLFD_WORDS] = NOBODY;
  }

  /**
   * Waits at most `maxWaitUs`, and tells what there is. A socket that was told is from then on asked for what comes in.
   * @param besides a descriptor whose readability ends the wait as well; -1 for none
   * @returns whether that one is readable
   */
  tell(maxWaitUs: number, besides: number, handle: HandleReady): boolean {
    const asked = this.#count;
    const { words, address } = this.#pollfds;
    words[asked * POLLFD_WORDS] = besides;
    words[asked * POLLFD_WORDS + 1] = EPOLLIN;
    const ready = this.#poll(address, asked + 1, maxWaitUs);
    // A signal that Node handles may end the wait early: the next call waits again.
    if (ready < 0 && ready !== -constants.errno.EINTR) throw new Error(`poll failed (errno ${-ready})`);
    const isNews = ready > 0;
    const isBesides = isNews && words[asked * POLLFD_WORDS + 1]! >>> 16 !== 0;
    // What is told may add sockets, behind those that were asked, and remove any.
    for (let place = 0; place < asked; place++) {
      const at = place * POLLFD_WORDS;
      const fd = words[at]!;
      if (fd === NOBODY) continue;
      const events = isNews ? words[at + 1]! >>> 16 : 0;
      if (events === 0) {
        this.#wasInVain(place, fd);
        continue;
      }
      words[at + 1] = INCOMING;
      this.#patience[place] = LOOKS;
      handle(this.#slots[place]!, this.#generations[place]!, events);
    }
    this.#closeRanks();
    return isBesides;
  }

  #wasInVain(place: number, fd: number): void {
    const patience = this.#patience[place]!;
    if (patience > 1) {
      this.#patience[place] = patience - 1;
      return;
    }
    const slot = this.#slots[place]!;
    const { words } = this.#pollfds;
    const at = place * POLLFD_WORDS;
    this.#places[slot] = NOBODY;
    if (this.#takeOver(fd, slot, this.#generations[place]!)) words[at] = NOBODY;
    else this.#places[slot] = place;
  }

  #closeRanks(): void {
    const { words } = this.#pollfds;
    let kept = 0;
    for (let place = 0; place < this.#count; place++) {
      const fd = words[place * POLLFD_WORDS]!;
      if (fd === NOBODY) continue;
      if (kept !== place) {
        const asked = words[place * POLLFD_WORDS + 1]!;
        this.#put(kept, fd, asked, this.#slots[place]!, this.#generations[place]!);
        this.#patience[kept] = this.#patience[place]!;
      }
      kept++;
    }
    this.#count = kept;
  }

  #put(place: number, fd: number, asked: number, slot: number, generation: number): void {
    const { words } = this.#pollfds;
    words[place * POLLFD_WORDS] = fd;
    words[place * POLLFD_WORDS + 1] = asked & 0xffff;
    this.#slots[place] = slot;
    this.#generations[place] = generation;
    this.#places[slot] = place;
  }
}
