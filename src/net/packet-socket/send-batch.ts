import { constants } from 'node:os';
import { Arena, type Region } from '../arena.ts';
import { MSG_DONTWAIT } from '../constants.ts';
import type { Libc } from '../load.ts';
import type { Ticker } from '../ticker.ts';

const { ENOBUFS, EAGAIN, ENETDOWN, ENXIO } = constants.errno;

/** Packets per system call. A prototype gained much up to 16 and almost nothing beyond. */
const FRAMES = 64;

/**
 * Room for a frame of an Ethernet without jumbo frames: no power of two, or the beginnings of all frames would share a
 * few places of the cache.
 */
const FRAME_BYTES = 2_112;
export const FRAME_WORDS = FRAME_BYTES / 4;

/** A frame begins two bytes into its place, so that what follows its 14-byte header lies on words. */
export const FRAME_PAD = 2;

const is32Bit = process.arch === 'arm' || process.arch === 'ia32';
const WORD = is32Bit ? 4 : 8;
/** struct mmsghdr: struct msghdr (seven words of the machine), then an int, padded. */
const MESSAGE_BYTES = 8 * WORD;
/** struct msghdr: name, its length, vectors, their number. */
const VECTORS_AT = 2 * WORD;
const VECTOR_COUNT_AT = 3 * WORD;
/** struct iovec: address, length. */
const VECTOR_BYTES = 2 * WORD;

/** Receives which packets have been sent, and when. */
export interface SendObserver {
  /**
   * @param tag as given to {@link SendBatch.commit}; never called for 0
   * @param atUs by the clock: as far through the call as this packet was among those of the call
   */
  sent(tag: number, atUs: number): void;
}

/**
 * Packets to send, collected and passed to the kernel in one call. What a full device does not accept stays, in order,
 * until the next call: it is not lost.
 */
export class SendBatch {
  /** All frames, as words; a frame's place begins at what {@link claim} returns. */
  readonly words: Int32Array;
  readonly bytes: Uint8Array;
  readonly #libc: Libc;
  readonly #fd: number;
  readonly #clock: Ticker;
  readonly #arena: Arena;
  readonly #messages: Region;
  readonly #vectors: Region;
  readonly #tags = new Int32Array(FRAMES);
  #first = 0;
  #count = 0;
  #dropped = 0;

  constructor(libc: Libc, fd: number, clock: Ticker) {
    this.#libc = libc;
    this.#fd = fd;
    this.#clock = clock;
    this.#arena = new Arena(libc, FRAMES * (FRAME_BYTES + MESSAGE_BYTES + VECTOR_BYTES) + 64);
    const frames = this.#arena.take(FRAMES * FRAME_BYTES);
    this.words = frames.words;
    this.bytes = frames.bytes;
    this.#messages = this.#arena.take(FRAMES * MESSAGE_BYTES);
    this.#vectors = this.#arena.take(FRAMES * VECTOR_BYTES);
    for (let index = 0; index < FRAMES; index += 1) {
      const vectorAt = this.#vectors.address + index * VECTOR_BYTES;
      writePointer(this.#messages.words, index * MESSAGE_BYTES + VECTORS_AT, vectorAt);
      this.#messages.words[(index * MESSAGE_BYTES + VECTOR_COUNT_AT) / 4] = 1;
      writePointer(
        this.#vectors.words,
        index * VECTOR_BYTES,
        frames.address + index * FRAME_BYTES + FRAME_PAD,
      );
    }
  }

  /** Packets that are waiting. */
  get size(): number {
    return this.#count;
  }

  /** How many packets the device did not accept since the last call: it was full for too long, down, or gone. */
  takeDropped(): number {
    const dropped = this.#dropped;
    this.#dropped = 0;
    return dropped;
  }

  /** There is no room for a packet, although sending the waiting ones was tried again: it is lost. */
  overflow(): void {
    this.#dropped += 1;
  }

  /**
   * The place of the next frame, as an index into {@link words}; -1 if no more fit: flush first.
   */
  claim(): number {
    const index = this.#first + this.#count;
    return index < FRAMES ? index * FRAME_WORDS : -1;
  }

  /** Adds the frame last claimed. @param length of the frame in bytes @param tag 0, or what to tell the observer */
  commit(length: number, tag: number): void {
    const index = this.#first + this.#count;
    this.#vectors.words[(index * VECTOR_BYTES + WORD) / 4] = length;
    this.#tags[index] = tag;
    this.#count += 1;
  }

  /** Sends what is waiting. @returns whether all of it has been sent */
  flush(observer: SendObserver): boolean {
    while (this.#count > 0) {
      const at = this.#messages.address + this.#first * MESSAGE_BYTES;
      this.#clock.tick();
      const beganUs = this.#clock.us[0]!;
      const sent = this.#libc.sendmmsg(this.#fd, at, this.#count, MSG_DONTWAIT);
      if (sent <= 0) {
        const errno = this.#libc.errno();
        if (errno === ENOBUFS || errno === EAGAIN) return false;
        // The kernel objects to the first packet, or the link is down: waiting does not help.
        const lost = errno === ENETDOWN || errno === ENXIO ? this.#count : 1;
        this.#dropped += lost;
        this.#drop(lost);
        continue;
      }
      this.#tell(sent, beganUs, observer);
      this.#drop(sent);
    }
    return true;
  }

  close(): void {
    this.#arena.release();
  }

  #tell(sent: number, beganUs: number, observer: SendObserver): void {
    this.#clock.tick();
    const eachUs = (this.#clock.us[0]! - beganUs) / sent;
    for (let index = 0; index < sent; index += 1) {
      const tag = this.#tags[this.#first + index]!;
      if (tag !== 0) observer.sent(tag, beganUs + index * eachUs);
    }
  }

  /** The first ones have been sent, or never will be. */
  #drop(count: number): void {
    this.#first += count;
    this.#count -= count;
    if (this.#count === 0) this.#first = 0;
  }
}

function writePointer(words: Int32Array, at: number, address: number): void {
  words[at / 4] = address | 0;
  if (!is32Bit) words[at / 4 + 1] = Math.floor(address / 2 ** 32);
}
