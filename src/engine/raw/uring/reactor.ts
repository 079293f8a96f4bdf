import { EPOLLERR, EPOLLOUT } from '../../libc/constants.ts';
import { Arena, type Libc } from '../../libc/index.ts';
import { IORING_OP_ASYNC_CANCEL, IORING_OP_POLL_ADD } from '../../libc/io-uring.ts';
import { ALL, INCOMING, POLL_SET_BYTES, PollSet, type TakeOver } from '../poll-set.ts';
import type { HandleReady, Reactor } from '../reactor.ts';
import { type HandleCompletion, RING_ARENA_BYTES, Ring } from './ring.ts';

const SQ_ENTRIES = 1_024;
const CQ_ENTRIES = 4_096;

/** A cancellation's own lower word: no slot's. */
const CANCELLATION = -1;

/** The kernel works off 20 completions a call (IO_LOCAL_TW_DEFAULT_MAX, io_uring/io_uring.h): with fewer, that was all. */
const FEWER_THAN_A_CALLFUL = 16;

/** Calls in one wait. */
const MAX_CALLS = 50;

/**
 * A reactor on io_uring(7), for sockets with which nothing happens for a while: one entry in the ring waits for news of a
 * socket, and one system call submits and tells those of many. At first a socket is only asked, together with all others
 * that are new: see {@link PollSet}.
 *
 * Operations proper are not left to the ring. Connect by io_uring cannot tell a local refusal from the far end's, can end
 * with EINPROGRESS, and before Linux 6.14 connects a failed socket again, which wipes the count of SYNs out. A receive
 * that stays (IORING_RECV_MULTISHOT) is not told of a reset that came before it was submitted, behind the same bytes.
 */
export class UringReactor implements Reactor {
  readonly name = 'io_uring';
  readonly #arena: Arena;
  readonly #ring: Ring;
  readonly #fresh: PollSet;
  readonly #fds: Int32Array;
  readonly #generations: Uint32Array;
  /** By slot: poll(2) bits to ask for next. */
  readonly #asked: Uint16Array;
  /** By slot: 1 where an entry waits for its news. */
  readonly #isWaiting: Uint8Array;
  #waiting = 0;
  #handle: HandleReady | undefined;

  /** @throws RingError where the kernel does not allow it */
  constructor(libc: Libc, capacity: number) {
    this.#arena = new Arena(libc, POLL_SET_BYTES + RING_ARENA_BYTES + 64);
    this.#fresh = new PollSet(libc, this.#arena, capacity, this.#takeOver);
    this.#fds = new Int32Array(capacity);
    this.#generations = new Uint32Array(capacity);
    this.#asked = new Uint16Array(capacity);
    this.#isWaiting = new Uint8Array(capacity);
    try {
      this.#ring = new Ring(libc, this.#arena, SQ_ENTRIES, CQ_ENTRIES);
    } catch (error) {
      this.#arena.release();
      throw error;
    }
  }

  watch(fd: number, slot: number, generation: number): number {
    if (!this.#fresh.add(fd, slot, generation)) this.#takeOver(fd, slot, generation, ALL);
    return 0;
  }

  watchOn(slot: number): void {
    this.#fresh.askForRoom(slot);
    this.#asked[slot] = ALL;
  }

  /** An entry that waits would keep the socket open behind the closed descriptor. */
  forget(slot: number, generation: number): void {
    this.#generations[slot] = generation + 1;
    this.#fresh.remove(slot);
    if (this.#isWaiting[slot] === 0) return;
    this.#note(slot, 0);
    const at = this.#ring.add(IORING_OP_ASYNC_CANCEL, -1, CANCELLATION, 0);
    this.#ring.entries[at + 4] = slot;
    this.#ring.entries[at + 5] = generation;
    this.#ring.enter(0, 0);
  }

  wait(maxWaitUs: number, handle: HandleReady): boolean {
    this.#handle = handle;
    if (this.#fresh.size === 0) return this.#tellCompleted(maxWaitUs);
    // What is not submitted would not end the wait.
    if (this.#ring.unsubmitted > 0) this.#ring.enter(0, 0);
    const besides = this.#waiting > 0 ? this.#ring.fd : -1;
    return !this.#fresh.tell(maxWaitUs, besides, handle) || this.#tellCompleted(0);
  }

  close(): void {
    this.#ring.close();
    this.#arena.release();
  }

  #tellCompleted(maxWaitUs: number): boolean {
    this.#ring.enter(maxWaitUs > 0 ? 1 : 0, maxWaitUs);
    for (let call = 0; call < MAX_CALLS; call++) {
      if (this.#ring.reap(this.#complete) < FEWER_THAN_A_CALLFUL) return true;
      this.#ring.enter(0, 0);
    }
    return false;
  }

  /** A field, so that handing it over makes no closure. */
  readonly #takeOver: TakeOver = (fd, slot, generation, asked) => {
    this.#fds[slot] = fd;
    this.#generations[slot] = generation;
    this.#asked[slot] = asked;
    this.#submit(slot);
    return true;
  };

  /** What is true by then already is told as well: nothing is lost between two entries of a socket. */
  #submit(slot: number): void {
    this.#note(slot, 1);
    const at = this.#ring.add(IORING_OP_POLL_ADD, this.#fds[slot]!, slot, this.#generations[slot]!);
    this.#ring.entries[at + 7] = this.#asked[slot]!;
  }

  readonly #complete: HandleCompletion = (slot, high, result) => {
    const generation = high >>> 0;
    if (slot === CANCELLATION || this.#generations[slot] !== generation) return;
    this.#note(slot, 0);
    this.#asked[slot] = INCOMING;
    // A failure of the entry itself is found by whoever then uses the socket.
    this.#handle?.(slot, generation, result >= 0 ? result : EPOLLERR | EPOLLOUT);
    if (this.#generations[slot] === generation && this.#isWaiting[slot] === 0) this.#submit(slot);
  };

  #note(slot: number, isWaiting: 0 | 1): void {
    this.#waiting += isWaiting - this.#isWaiting[slot]!;
    this.#isWaiting[slot] = isWaiting;
  }
}
