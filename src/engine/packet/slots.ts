/** What a slot is doing; the first six have names in outcome/classify.ts. */
export const FREE = 0;
export const SYN_SENT = 1;
export const RESPONSE = 2;
export const CLOSING = 3;
export const HELD = 4;
export const PROVING = 5;
/** The attempt has settled, and its connection stays open until all of its arm have been proved. */
export const KEPT = 6;
/** The attempt has settled, and the connection is being closed: our FIN is out, the far end's has not come. */
export const FIN_WAIT = 7;
/** The same, and the far end's FIN has come: only the acknowledgement of ours is missing. */
export const LAST_ACK = 8;

/** Bits of {@link Slots.flags}. */
export const TIMESTAMPS = 1;
/** The far end's FIN has been read. */
export const PEER_CLOSED = 2;
/** Something received is not acknowledged yet. */
export const OWES_ACK = 4;

/** No {@link Slots.active}. */
export const NONE = -1;

/**
 * What is kept of every connection, one slot each, in typed arrays: 24 bytes, and 6 more for clients that need the last two
 * arrays, so that very many held ones fit a probe. Anything that only a connection needs while something is happening on it
 * stands in {@link ActiveTable}.
 *
 * Nothing is touched before a slot is used, so memory follows the number of connections, not the capacity.
 */
export class Slots {
  readonly capacity: number;
  readonly phase: Uint8Array;
  readonly flags: Uint8Array;
  readonly arm: Uint8Array;
  readonly remote: Uint8Array;
  readonly local: Uint16Array;
  readonly port: Uint16Array;
  /** Next sequence number to send, and the next expected. */
  readonly sndNxt: Int32Array;
  readonly rcvNxt: Int32Array;
  /** The low 32 bits of the attempt's number. */
  readonly attempt: Uint32Array;
  /** Index in the {@link ActiveTable}, or {@link NONE}. */
  readonly active: Int32Array;
  /** The far end's last timestamp (RFC 7323, TS.Recent), of clients with timestamps. */
  readonly peerStamp: Int32Array;
  /** Last IP identification, of clients that count for each connection. */
  readonly ipId: Uint16Array;
  readonly #pool: Pool;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.phase = new Uint8Array(capacity);
    this.flags = new Uint8Array(capacity);
    this.arm = new Uint8Array(capacity);
    this.remote = new Uint8Array(capacity);
    this.local = new Uint16Array(capacity);
    this.port = new Uint16Array(capacity);
    this.sndNxt = new Int32Array(capacity);
    this.rcvNxt = new Int32Array(capacity);
    this.attempt = new Uint32Array(capacity);
    this.active = new Int32Array(capacity);
    this.peerStamp = new Int32Array(capacity);
    this.ipId = new Uint16Array(capacity);
    this.#pool = new Pool(capacity, this.rcvNxt);
  }

  /** Slots below this have been used. */
  get highest(): number {
    return this.#pool.highest;
  }

  get used(): number {
    return this.#pool.used;
  }

  /** @returns -1 when full */
  take(): number {
    return this.#pool.take();
  }

  free(slot: number): void {
    this.phase[slot] = FREE;
    // Whoever comes for what the connection owed finds that it owes nothing.
    this.flags[slot] = 0;
    this.#pool.free(slot);
  }
}

/** Hands out numbers, the one freed last first: its memory is most likely to be cached. */
export class Pool {
  readonly #capacity: number;
  /** At a free number, the one freed before it. */
  readonly #before: Int32Array;
  #lastFreed = NONE;
  #freeCount = 0;
  #highest = 0;

  /** @param room by number; what is in it belongs to the pool while the number is free */
  constructor(capacity: number, room: Int32Array) {
    this.#capacity = capacity;
    this.#before = room;
  }

  get highest(): number {
    return this.#highest;
  }

  get used(): number {
    return this.#highest - this.#freeCount;
  }

  /** @returns -1 when none is left */
  take(): number {
    if (this.#freeCount > 0) {
      const index = this.#lastFreed;
      this.#freeCount -= 1;
      this.#lastFreed = this.#before[index]!;
      return index;
    }
    if (this.#highest === this.#capacity) return -1;
    this.#highest += 1;
    return this.#highest - 1;
  }

  free(index: number): void {
    this.#before[index] = this.#lastFreed;
    this.#lastFreed = index;
    this.#freeCount += 1;
  }
}
