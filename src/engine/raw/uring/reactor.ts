import { constants } from 'node:os';
import { Arena, type Libc } from '../../libc/index.ts';
import {
  IORING_CQE_BUFFER_SHIFT,
  IORING_CQE_F_BUFFER,
  IORING_CQE_F_MORE,
  IORING_OP_ASYNC_CANCEL,
  IORING_OP_POLL_ADD,
  IORING_OP_RECV,
  IORING_RECV_MULTISHOT,
  IORING_RECVSEND_POLL_FIRST,
  IOSQE_BUFFER_SELECT,
} from '../../libc/io-uring.ts';
import type { Reactor, ReactorListener } from '../reactor.ts';
import { BUFFERS_ARENA_BYTES, ReceiveBuffers } from './buffers.ts';
import { CONNECTED, FRESH_ARENA_BYTES, FreshSockets } from './fresh-sockets.ts';
import { type HandleCompletion, RING_ARENA_BYTES, Ring } from './ring.ts';

const SQ_ENTRIES = 1_024;
const CQ_ENTRIES = 4_096;

/** What is under way for a slot, as bits. */
const POLLING = 1;
const RECEIVING = 2;

/** An entry's lower word is the slot twice, plus one where it receives; a cancellation's own is of no slot. */
const RECEIVES = 1;
const CANCELLATION = -1;

/** The kernel works off 20 completions a call (IO_LOCAL_TW_DEFAULT_MAX, io_uring/io_uring.h): with fewer, that was all. */
const FEWER_THAN_A_CALLFUL = 16;

/** Calls in one wait. */
const MAX_CALLS = 50;

const NOTHING = new Uint8Array(0);

/**
 * A reactor on io_uring(7). Sockets that were connected since the last wait are asked by one poll(2) whether that was
 * all it took, as it is where the far end is near; one receive then serves a connection to its end, the kernel reading
 * as soon as something comes. What is left to the engine is one system call for many connections.
 *
 * Linked operations (connect, send, receive and close in one go) were tried and are not used: connect by io_uring cannot
 * tell a local refusal from the far end's, can end with EINPROGRESS, and before Linux 6.14 connects a failed socket
 * again, which wipes the count of SYNs out.
 */
export class UringReactor implements Reactor {
  readonly name = 'io_uring';
  readonly reads = true;
  readonly #arena: Arena;
  readonly #ring: Ring;
  readonly #buffers: ReceiveBuffers;
  readonly #fresh: FreshSockets;
  readonly #pending: Uint8Array;
  readonly #generations: Uint32Array;
  readonly #fds: Int32Array;
  #listener: ReactorListener | undefined;

  /** @throws RingError where the kernel does not allow it */
  constructor(libc: Libc, capacity: number) {
    this.#arena = new Arena(libc, BUFFERS_ARENA_BYTES + FRESH_ARENA_BYTES + RING_ARENA_BYTES + 64);
    // The ring of buffers has to begin with a page, and so has the arena.
    const buffersAt = ReceiveBuffers.reserve(this.#arena);
    this.#fresh = new FreshSockets(libc, this.#arena, capacity);
    this.#pending = new Uint8Array(capacity);
    this.#generations = new Uint32Array(capacity);
    this.#fds = new Int32Array(capacity);
    try {
      this.#ring = new Ring(libc, this.#arena, SQ_ENTRIES, CQ_ENTRIES);
    } catch (error) {
      this.#arena.release();
      throw error;
    }
    try {
      this.#buffers = new ReceiveBuffers(libc, buffersAt, this.#ring.fd);
    } catch (error) {
      this.close();
      throw error;
    }
  }

  watch(fd: number, slot: number, generation: number): number {
    this.#fds[slot] = fd;
    this.#generations[slot] = generation;
    this.#pending[slot] = 0;
    if (!this.#fresh.add(fd, slot, generation)) this.watchOn(fd, slot, generation);
    return 0;
  }

  watchOn(fd: number, slot: number, generation: number): void {
    if ((this.#pending[slot]! & POLLING) !== 0) return;
    this.#pending[slot] = this.#pending[slot]! | POLLING;
    const at = this.#ring.add(IORING_OP_POLL_ADD, 0, 0, fd, slot * 2, generation);
    this.#ring.entries[at + 7] = CONNECTED;
  }

  receive(fd: number, slot: number, generation: number): void {
    this.#pending[slot] = this.#pending[slot]! | RECEIVING;
    const how = IORING_RECV_MULTISHOT | IORING_RECVSEND_POLL_FIRST;
    const at = this.#ring.add(IORING_OP_RECV, IOSQE_BUFFER_SELECT, how, fd, slot * 2 + RECEIVES, generation);
    this.#ring.entries[at + 10] = ReceiveBuffers.GROUP;
  }

  /** An operation under way would keep the socket open behind the closed descriptor. */
  forget(slot: number, generation: number): void {
    this.#generations[slot] = generation + 1;
    this.#fresh.remove(slot);
    const pending = this.#pending[slot]!;
    if (pending === 0) return;
    this.#pending[slot] = 0;
    if ((pending & POLLING) !== 0) this.#cancel(slot * 2, generation);
    if ((pending & RECEIVING) !== 0) this.#cancel(slot * 2 + RECEIVES, generation);
    this.#ring.enter(0, 0);
  }

  wait(maxWaitUs: number, listener: ReactorListener): boolean {
    this.#listener = listener;
    const told = this.#fresh.tell(listener, this);
    const mayWait = told === 0 && maxWaitUs > 0;
    this.#ring.enter(mayWait ? 1 : 0, mayWait ? maxWaitUs : 0);
    for (let call = 0; call < MAX_CALLS; call++) {
      if (this.#ring.reap(this.#complete) < FEWER_THAN_A_CALLFUL) return true;
      this.#ring.enter(0, 0);
    }
    return false;
  }

  close(): void {
    this.#ring.close();
    this.#arena.release();
  }

  #cancel(low: number, generation: number): void {
    const at = this.#ring.add(IORING_OP_ASYNC_CANCEL, 0, 0, -1, CANCELLATION, 0);
    this.#ring.entries[at + 4] = low;
    this.#ring.entries[at + 5] = generation;
  }

  /** A field, so that handing it to the ring makes no closure. */
  readonly #complete: HandleCompletion = (low, high, result, flags) => {
    if (low === CANCELLATION) return;
    const slot = low >>> 1;
    const generation = high >>> 0;
    const isCurrent = this.#generations[slot] === generation;
    if ((low & RECEIVES) !== 0) {
      if (isCurrent) this.#takeReceived(slot, generation, result, flags);
      if ((flags & IORING_CQE_F_BUFFER) !== 0) this.#buffers.giveBack(flags >>> IORING_CQE_BUFFER_SHIFT);
    } else if (isCurrent) {
      this.#pending[slot] = this.#pending[slot]! & ~POLLING;
      if (result >= 0) this.#listener?.ready(slot, generation, result);
    }
  };

  #takeReceived(slot: number, generation: number, result: number, flags: number): void {
    const hasMore = (flags & IORING_CQE_F_MORE) !== 0;
    // The end mostly comes with the last bytes.
    const isFinished = hasMore && result > 0 && this.#ring.takeIf(slot * 2 + RECEIVES, generation | 0, 0);
    const goesOn = hasMore && !isFinished;
    if (!goesOn) this.#pending[slot] = this.#pending[slot]! & ~RECEIVING;
    const hasBytes = result > 0;
    const bytes = hasBytes ? this.#buffers.view(flags >>> IORING_CQE_BUFFER_SHIFT) : NOTHING;
    const isOutOfBuffers = result === -constants.errno.ENOBUFS;
    if (!isOutOfBuffers) this.#listener?.received(slot, generation, bytes, result, isFinished);
    const isCut = !goesOn && !isFinished && (hasBytes || isOutOfBuffers);
    if (isCut && this.#generations[slot] === generation) this.receive(this.#fds[slot]!, slot, generation);
  }
}
