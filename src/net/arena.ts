import { EnvironmentError } from '../errors.ts';
import { MAP_ANONYMOUS, MAP_PRIVATE, PROT_READ, PROT_WRITE } from './constants.ts';
import { type Libc, loadLibc } from './load.ts';

/** Memory that is passed to the kernel by address and read here as bytes or 32-bit words. */
export interface Region {
  readonly address: number;
  readonly bytes: Uint8Array;
  /** The same memory as signed 32-bit words in native byte order. */
  readonly words: Int32Array;
}

const ALIGNMENT = 8;

/**
 * V8 passes integers below 2^31 unboxed; any other number costs 16 bytes of heap per call. Arenas therefore ask for
 * low addresses: above a program and the start of its heap, below that limit.
 */
const LOWEST_WANTED = 0x4000_0000;
const HIGHEST_WANTED = 0x7f00_0000;
/** Far enough apart for any arena, so that those of a hundred threads find room within a few steps. */
const STEP = 0x0010_0000;

/**
 * Memory outside V8's heap, mapped once and handed out in pieces: it never moves, so its addresses may be kept.
 * Untouched pages cost nothing.
 */
export class Arena {
  readonly #libc: Libc;
  readonly #address: number;
  readonly #buffer: ArrayBuffer;
  #used = 0;

  /** @throws EnvironmentError if the system provides no memory */
  constructor(libc: Libc, length: number) {
    this.#libc = libc;
    this.#address = mapLow(libc, length);
    if (this.#address === -1) {
      throw new EnvironmentError(`The system refused ${length} bytes of memory (errno ${libc.errno()}).`, {
        hint: 'Free memory, or raise the limit (ulimit -v).',
      });
    }
    this.#buffer = libc.viewMemory(this.#address, length);
  }

  /** Hands out zeroed memory, aligned to 8 bytes. @throws RangeError if the arena is too small for it */
  take(length: number): Region {
    const offset = this.#used;
    const rounded = Math.ceil(length / ALIGNMENT) * ALIGNMENT;
    if (offset + rounded > this.#buffer.byteLength)
      throw new RangeError(`arena too small for ${length} bytes`);
    this.#used += rounded;
    return {
      address: this.#address + offset,
      bytes: new Uint8Array(this.#buffer, offset, length),
      words: new Int32Array(this.#buffer, offset, rounded / 4),
    };
  }

  /** Unmaps the memory. Touching a region afterwards crashes the process. */
  release(): void {
    this.#libc.munmap(this.#address, this.#buffer.byteLength);
  }
}

/**
 * Maps memory at a low address if one is free, otherwise wherever the system chooses: the requested address is a
 * hint.
 */
function mapLow(libc: Libc, length: number): number {
  for (let wanted = LOWEST_WANTED; wanted + length <= HIGHEST_WANTED; wanted += STEP) {
    const address = map(libc, wanted, length);
    if (address <= HIGHEST_WANTED) return address;
    libc.munmap(address, length);
  }
  return map(libc, 0, length);
}

/** @returns -1 on failure */
function map(libc: Libc, wanted: number, length: number): number {
  return libc.mmap(wanted, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/** Small buffers that calls pass values through; one set per thread, kept for its lifetime. */
export interface Scratch {
  /** An option's value, up to a whole TCP_INFO. */
  readonly value: Region;
  readonly length: Region;
  readonly sockaddr: Region;
  /** What is sent. */
  readonly data: Region;
}

/** Room for a request with a Kerberos token. */
const DATA_BYTES = 16_384;

let scratch: Scratch | undefined;

/** This thread's scratch memory. The next helper in this directory overwrites its contents. */
export function getScratch(): Scratch {
  if (scratch === undefined) {
    const arena = new Arena(loadLibc(), 4096 + DATA_BYTES);
    scratch = {
      value: arena.take(512),
      length: arena.take(4),
      sockaddr: arena.take(128),
      data: arena.take(DATA_BYTES),
    };
  }
  return scratch;
}
