import { constants } from 'node:os';
import { EPOLLIN, EPOLLOUT, EPOLLRDHUP } from '../../net/constants.ts';
import type { Arena, Libc, Region } from '../../net/index.ts';
import { createPoll, POLLFD_BYTES, type Poll } from '../../net/poll.ts';

/**
 * Handles an event of a connection. The generation identifies the connection, because slots are reused.
 * @param events poll(2) bits: IN, OUT, ERR, HUP, RDHUP
 */
export type HandleReady = (slot: number, generation: number, events: number) => void;

/** Sockets polled in one call. The call's cost grows with each of them, whether or not it has events. */
const MAX = 1_024;

/**
 * Polls without an event before a socket is handed over. A poll costs about a sixth of that: sockets that wait pay
 * twice at most.
 */
const LOOKS = 6;

const POLLFD_WORDS = POLLFD_BYTES / 4;
const NOBODY = -1;

/** Events polled for while a socket connects or has more to send; errors are always reported. */
const ALL = EPOLLIN | EPOLLOUT | EPOLLRDHUP;
/** Events polled for once a socket is connected and has sent everything. */
const INCOMING = EPOLLIN | EPOLLRDHUP;

/** Bytes of an arena that a set takes: its sockets, one more descriptor, and the timeout. */
export const POLL_SET_BYTES = (MAX + 1) * POLLFD_BYTES + 16;

/**
 * Takes over a socket that had no events for a while.
 * @returns false if it cannot, so that the socket stays
 */
export type TakeOver = (fd: number, slot: number, generation: number) => boolean;

/**
 * Sockets polled together by poll(2). Nothing is registered or unregistered: for a connection that ends within a few
 * polls this costs a fraction of epoll_ctl() and its callbacks. A socket polled without an event for some time is
 * handed over to epoll, where idle sockets cost nothing.
 */
export class PollSet {
  readonly #poll: Poll;
  readonly #takeOver: TakeOver;
  readonly #pollfds: Region;
  readonly #slots = new Int32Array(MAX);
  readonly #generations = new Uint32Array(MAX);
  /** Polls left before a socket without events is handed over. */
  readonly #patience = new Uint8Array(MAX);
  /** By slot: its position here, or {@link NOBODY}. */
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

  /** @returns false if there is no room */
  add(fd: number, slot: number, generation: number): boolean {
    if (this.#count === MAX) return false;
    const place = this.#count++;
    this.#put(place, fd, ALL, slot, generation);
    this.#patience[place] = LOOKS;
    return true;
  }

  /** Polls a socket, if it is here, for writability once more. */
  askForRoom(slot: number): void {
    const place = this.#places[slot]!;
    if (place !== NOBODY) this.#pollfds.words[place * POLLFD_WORDS + 1] = ALL;
  }

  /** Call when its descriptor is about to be closed. */
  remove(slot: number): void {
    const place = this.#places[slot]!;
    if (place === NOBODY) return;
    this.#places[slot] = NOBODY;
    this.#pollfds.words[place * POLLFD_WORDS] = NOBODY;
  }

  /**
   * Waits at most `maxWaitUs` and reports events. A socket that was reported is polled for incoming data from then
   * on.
   * @param besides a descriptor whose readability also ends the wait; -1 for none
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
    // Handlers may add sockets, behind those that were polled, and remove any.
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
