import { constants } from 'node:os';
import { MAP_POPULATE, MAP_SHARED, PROT_READ, PROT_WRITE } from '../../libc/constants.ts';
import type { Arena, Libc, Region } from '../../libc/index.ts';
import {
  CQE_BYTES,
  GETEVENTS_ARG_BYTES,
  GETEVENTS_ARG_TIMESPEC,
  IORING_ENTER_EXT_ARG,
  IORING_ENTER_GETEVENTS,
  IORING_FEAT_EXT_ARG,
  IORING_FEAT_NODROP,
  IORING_FEAT_SINGLE_MMAP,
  IORING_OFF_SQ_RING,
  IORING_OFF_SQES,
  IORING_SETUP_CLAMP,
  IORING_SETUP_CQSIZE,
  IORING_SETUP_DEFER_TASKRUN,
  IORING_SETUP_SINGLE_ISSUER,
  IORING_SETUP_SUBMIT_ALL,
  PARAMS_BYTES,
  PARAMS_CQ_CQES,
  PARAMS_CQ_ENTRIES,
  PARAMS_CQ_HEAD,
  PARAMS_CQ_TAIL,
  PARAMS_FEATURES,
  PARAMS_FLAGS,
  PARAMS_SQ_ARRAY,
  PARAMS_SQ_ENTRIES,
  PARAMS_SQ_HEAD,
  PARAMS_SQ_TAIL,
  SQE_BYTES,
  SYS_IO_URING_ENTER,
  SYS_IO_URING_SETUP,
} from '../../libc/io-uring.ts';
import { writeTimespec } from '../../libc/timespec.ts';
import { RingError } from './ring-error.ts';
import { highWord, lowWord } from './words.ts';

/** Bytes of an arena that a ring takes: what its calls are given by address. */
export const RING_ARENA_BYTES = PARAMS_BYTES + GETEVENTS_ARG_BYTES + 16 + 24;

const FLAGS =
  IORING_SETUP_CQSIZE |
  IORING_SETUP_CLAMP |
  IORING_SETUP_SUBMIT_ALL |
  IORING_SETUP_SINGLE_ISSUER |
  IORING_SETUP_DEFER_TASKRUN;

const FEATURES = IORING_FEAT_SINGLE_MMAP | IORING_FEAT_NODROP | IORING_FEAT_EXT_ARG;

const SQE_WORDS = SQE_BYTES / 4;
const CQE_WORDS = CQE_BYTES / 4;

/** Hears of a completion: the two words that its entry was given, and its result. */
export type HandleCompletion = (low: number, high: number, result: number) => void;

/**
 * A submission and a completion ring (io_uring(7)) of one thread. As completions are deferred to io_uring_enter(), the
 * kernel touches the rings in this thread's own calls alone: no memory barriers are needed, on any architecture.
 */
export class Ring {
  readonly fd: number;
  readonly #libc: Libc;
  readonly #sqEntries: number;
  readonly #cqMask: number;
  readonly #mapped: readonly Region[];
  /** Both rings, and the submission entries, in 4-byte words. */
  readonly #rings: Int32Array;
  readonly #sqes: Int32Array;
  readonly #sqHeadAt: number;
  readonly #sqTailAt: number;
  readonly #cqHeadAt: number;
  readonly #cqTailAt: number;
  readonly #cqesAt: number;
  readonly #argument: Region;
  readonly #timespec: Region;
  #sqTail = 0;

  /** @throws RingError where the kernel has none to give, or none that is new enough */
  constructor(libc: Libc, arena: Arena, sqEntries: number, cqEntries: number) {
    this.#libc = libc;
    const { words: params, address } = arena.take(PARAMS_BYTES);
    params[PARAMS_FLAGS] = FLAGS;
    params[PARAMS_CQ_ENTRIES] = cqEntries;
    this.fd = libc.syscall(SYS_IO_URING_SETUP, sqEntries, address, 0, 0, 0, 0);
    if (this.fd < 0) throw new RingError('io_uring_setup', libc.errno());
    this.#sqEntries = params[PARAMS_SQ_ENTRIES]!;
    this.#cqMask = params[PARAMS_CQ_ENTRIES]! - 1;
    this.#mapped = [];
    if ((params[PARAMS_FEATURES]! & FEATURES) !== FEATURES)
      throw this.#fail('io_uring_setup', constants.errno.ENOSYS);
    this.#cqesAt = params[PARAMS_CQ_CQES]! / 4;
    const cqEnd = params[PARAMS_CQ_CQES]! + params[PARAMS_CQ_ENTRIES]! * CQE_BYTES;
    const arrayEnd = params[PARAMS_SQ_ARRAY]! + this.#sqEntries * 4;
    const rings = this.#map(Math.max(cqEnd, arrayEnd), IORING_OFF_SQ_RING);
    const sqes = this.#map(this.#sqEntries * SQE_BYTES, IORING_OFF_SQES);
    this.#mapped = [rings, sqes];
    this.#rings = rings.words;
    this.#sqes = sqes.words;
    this.#sqHeadAt = params[PARAMS_SQ_HEAD]! / 4;
    this.#sqTailAt = params[PARAMS_SQ_TAIL]! / 4;
    this.#cqHeadAt = params[PARAMS_CQ_HEAD]! / 4;
    this.#cqTailAt = params[PARAMS_CQ_TAIL]! / 4;
    // Entries are submitted in the order in which they lie.
    const arrayAt = params[PARAMS_SQ_ARRAY]! / 4;
    for (let index = 0; index < this.#sqEntries; index++) this.#rings[arrayAt + index] = index;
    this.#argument = arena.take(GETEVENTS_ARG_BYTES);
    this.#timespec = arena.take(16);
    this.#argument.words[GETEVENTS_ARG_TIMESPEC] = lowWord(this.#timespec.address);
    this.#argument.words[GETEVENTS_ARG_TIMESPEC + 1] = highWord(this.#timespec.address);
  }

  /** Entries that wait for the next call. */
  get unsubmitted(): number {
    return (this.#sqTail - this.#rings[this.#sqHeadAt]!) | 0;
  }

  /**
   * Adds an entry: an operation, and the words that its completion will have.
   * @returns the index of its first word in `entries`, for what only this operation has
   */
  add(operation: number, fd: number, low: number, high: number): number {
    if (this.unsubmitted === this.#sqEntries) this.enter(0, 0);
    const sqes = this.#sqes;
    const at = (this.#sqTail & (this.#sqEntries - 1)) * SQE_WORDS;
    sqes.fill(0, at, at + SQE_WORDS);
    sqes[at] = operation;
    sqes[at + 1] = fd;
    sqes[at + 8] = low;
    sqes[at + 9] = high;
    this.#sqTail = (this.#sqTail + 1) | 0;
    return at;
  }

  get entries(): Int32Array {
    return this.#sqes;
  }

  /** Submits what was added, and waits at most `maxWaitUs` for `atLeast` completions. */
  enter(atLeast: number, maxWaitUs: number): void {
    this.#rings[this.#sqTailAt] = this.#sqTail;
    writeTimespec(this.#timespec, maxWaitUs);
    const flags = IORING_ENTER_GETEVENTS | IORING_ENTER_EXT_ARG;
    const { address } = this.#argument;
    const count = this.unsubmitted;
    if (
      this.#libc.syscall(SYS_IO_URING_ENTER, this.fd, count, atLeast, flags, address, GETEVENTS_ARG_BYTES) >=
      0
    )
      return;
    const errno = this.#libc.errno();
    // Time is up; a signal that Node handles; the kernel has to be relieved of completions first. The next call goes on.
    const { ETIME, EINTR, EBUSY, EAGAIN } = constants.errno;
    if (errno !== ETIME && errno !== EINTR && errno !== EBUSY && errno !== EAGAIN) {
      throw new Error(`io_uring_enter failed (errno ${errno})`);
    }
  }

  /** Hands on what is complete, in order. The handler may add entries, and may call {@link enter}. @returns how many */
  reap(handle: HandleCompletion): number {
    const rings = this.#rings;
    let count = 0;
    for (;;) {
      const head = rings[this.#cqHeadAt]!;
      if (head === rings[this.#cqTailAt]!) return count;
      const at = this.#cqesAt + (head & this.#cqMask) * CQE_WORDS;
      const low = rings[at]!;
      const high = rings[at + 1]!;
      const result = rings[at + 2]!;
      rings[this.#cqHeadAt] = (head + 1) | 0;
      count++;
      handle(low, high, result);
    }
  }

  close(): void {
    for (const { address, bytes } of this.#mapped) this.#libc.munmap(address, bytes.length);
    this.#libc.close(this.fd);
  }

  #map(length: number, offset: number): Region {
    const flags = MAP_SHARED | MAP_POPULATE;
    const address = this.#libc.mmap(0, length, PROT_READ | PROT_WRITE, flags, this.fd, offset);
    if (address === -1) throw this.#fail('mmap', this.#libc.errno());
    const buffer = this.#libc.viewMemory(address, length);
    return { address, bytes: new Uint8Array(buffer), words: new Int32Array(buffer) };
  }

  /** Leaves no descriptor behind. */
  #fail(call: string, errno: number): RingError {
    this.#libc.close(this.fd);
    return new RingError(call, errno);
  }
}
