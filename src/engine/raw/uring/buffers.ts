import type { Arena, Libc, Region } from '../../libc/index.ts';
import {
  BUF_BYTES,
  BUF_REG_BYTES,
  IORING_REGISTER_PBUF_RING,
  SYS_IO_URING_REGISTER,
} from '../../libc/io-uring.ts';
import { RingError } from './ring-error.ts';
import { highWord, lowWord } from './words.ts';

/** A power of two. More receives than that complete in one call only with long responses: they are then begun anew. */
const COUNT = 256;

/** Most responses fit in one; pages that are never filled cost nothing. */
const LENGTH = 4_096;

/** Words of a struct io_uring_buf, and where in one the number and the ring's tail lie, in 2-byte halves. */
const WORDS = BUF_BYTES / 4;
const HALVES = BUF_BYTES / 2;
const NUMBER_AT = 6;
const TAIL_AT = 7;

/** Bytes of an arena that the buffers take. */
export const BUFFERS_ARENA_BYTES = COUNT * (BUF_BYTES + LENGTH) + BUF_REG_BYTES;

interface ReservedBuffers {
  readonly ring: Region;
  readonly all: Region;
  readonly registration: Region;
}

/**
 * Where the kernel puts what it receives: it takes a buffer only when something has come, so that open connections need
 * none of their own (io_uring_register(2), IORING_REGISTER_PBUF_RING).
 */
export class ReceiveBuffers {
  /** Of the only group. */
  static readonly GROUP = 0;
  readonly #ring: Region;
  readonly #halves: Uint16Array;
  readonly #addresses: Float64Array;
  readonly #views: readonly Uint8Array[];
  #tail = 0;

  /** Only from an arena of which nothing was taken: a ring has to begin with a page. */
  static reserve(arena: Arena): ReservedBuffers {
    return {
      ring: arena.take(COUNT * BUF_BYTES),
      all: arena.take(COUNT * LENGTH),
      registration: arena.take(BUF_REG_BYTES),
    };
  }

  /** @throws RingError where the kernel does not take them */
  constructor(libc: Libc, { ring, all, registration }: ReservedBuffers, ringFd: number) {
    this.#ring = ring;
    this.#halves = new Uint16Array(ring.bytes.buffer, ring.bytes.byteOffset, COUNT * HALVES);
    this.#addresses = Float64Array.from({ length: COUNT }, (_, number) => all.address + number * LENGTH);
    this.#views = Array.from({ length: COUNT }, (_, n) => all.bytes.subarray(n * LENGTH, (n + 1) * LENGTH));
    registration.words[0] = lowWord(this.#ring.address);
    registration.words[1] = highWord(this.#ring.address);
    registration.words[2] = COUNT;
    const call = IORING_REGISTER_PBUF_RING;
    if (libc.syscall(SYS_IO_URING_REGISTER, ringFd, call, registration.address, 1, 0, 0) < 0) {
      throw new RingError('io_uring_register(PBUF_RING)', libc.errno());
    }
    for (let number = 0; number < COUNT; number++) this.giveBack(number);
  }

  /** A buffer's memory, by its number. */
  view(number: number): Uint8Array {
    return this.#views[number]!;
  }

  /** Lets the kernel have a buffer again. */
  giveBack(number: number): void {
    const index = this.#tail & (COUNT - 1);
    const address = this.#addresses[number]!;
    const { words } = this.#ring;
    words[index * WORDS] = lowWord(address);
    words[index * WORDS + 1] = highWord(address);
    words[index * WORDS + 2] = LENGTH;
    this.#halves[index * HALVES + NUMBER_AT] = number;
    this.#tail = (this.#tail + 1) & 0xffff;
    this.#halves[TAIL_AT] = this.#tail;
  }
}
