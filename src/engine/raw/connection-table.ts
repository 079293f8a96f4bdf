/** A slot's phase; outcome/classify.ts has their names. */
export const FREE = 0;
export const HANDSHAKE = 1;
export const RESPONSE = 2;
export const CLOSING = 3;
export const HELD = 4;
/** Held long enough; now being proved to be alive. */
export const PROVING = 5;

/** How a slot's request relates to credentials. None: the arm has none. */
export const NO_CREDENTIALS = 0;
/** Sent without credentials; the far end may ask. */
export const UNASKED = 1;
/** The current request carries them. */
export const AUTHORISED = 2;

/**
 * All open connections, one slot each, in typed arrays: short-lived connections then cost the garbage collector
 * nothing. The index is the slot rather than the descriptor, because workers share the process's descriptors: each
 * table would have to cover those of all workers.
 */
export class ConnectionTable {
  readonly capacity: number;
  readonly phase: Uint8Array;
  readonly fd: Int32Array;
  /** Incremented when a slot is freed, so that a pending event for its previous connection is recognised as stale. */
  readonly generation: Uint32Array;
  readonly arm: Uint16Array;
  readonly attempt: Float64Array;
  readonly endpoint: Uint16Array;
  readonly source: Int32Array;
  readonly sourcePort: Uint16Array;
  readonly intendedAtUs: Float64Array;
  readonly startedAtUs: Float64Array;
  readonly establishedAtUs: Float64Array;
  readonly challengedAtUs: Float64Array;
  readonly firstByteAtUs: Float64Array;
  readonly respondedAtUs: Float64Array;
  readonly provedAtUs: Float64Array;
  readonly proofAgeUs: Float64Array;
  readonly synRetransmits: Int32Array;
  readonly requestRetransmits: Int32Array;
  readonly rttUs: Float64Array;
  readonly minRttUs: Float64Array;
  readonly mss: Float64Array;
  readonly tcpOptions: Int16Array;
  /** {@link NO_CREDENTIALS} and the values after it; set by whoever takes the slot. */
  readonly credentials: Uint8Array;
  /** Bytes of the current request handed to the kernel. */
  readonly sent: Float64Array;
  /** Why the connection is lost, if a call has consumed the error before recv() could return it; otherwise 0. */
  readonly lostErrno: Uint16Array;
  /** Response bytes read. */
  readonly bytes: Float64Array;
  readonly #free: Int32Array;
  #freeCount: number;

  constructor(capacity: number) {
    this.capacity = capacity;
    this.phase = new Uint8Array(capacity);
    this.fd = new Int32Array(capacity);
    this.generation = new Uint32Array(capacity);
    this.arm = new Uint16Array(capacity);
    this.attempt = new Float64Array(capacity);
    this.endpoint = new Uint16Array(capacity);
    this.source = new Int32Array(capacity);
    this.sourcePort = new Uint16Array(capacity);
    this.intendedAtUs = new Float64Array(capacity);
    this.startedAtUs = new Float64Array(capacity);
    this.establishedAtUs = new Float64Array(capacity);
    this.challengedAtUs = new Float64Array(capacity);
    this.firstByteAtUs = new Float64Array(capacity);
    this.respondedAtUs = new Float64Array(capacity);
    this.provedAtUs = new Float64Array(capacity);
    this.proofAgeUs = new Float64Array(capacity);
    this.synRetransmits = new Int32Array(capacity);
    this.requestRetransmits = new Int32Array(capacity);
    this.rttUs = new Float64Array(capacity);
    this.minRttUs = new Float64Array(capacity);
    this.mss = new Float64Array(capacity);
    this.tcpOptions = new Int16Array(capacity);
    this.credentials = new Uint8Array(capacity);
    this.sent = new Float64Array(capacity);
    this.lostErrno = new Uint16Array(capacity);
    this.bytes = new Float64Array(capacity);
    this.#free = new Int32Array(capacity).map((_, index) => capacity - 1 - index);
    this.#freeCount = capacity;
  }

  get open(): number {
    return this.capacity - this.#freeCount;
  }

  /** Takes the most recently freed slot, whose memory is most likely to be cached. @throws RangeError when full */
  take(): number {
    if (this.#freeCount === 0) throw new RangeError(`more than maxOpen (${this.capacity}) attempts open`);
    this.#freeCount--;
    const slot = this.#free[this.#freeCount]!;
    this.phase[slot] = HANDSHAKE;
    this.fd[slot] = -1;
    this.establishedAtUs[slot] = -1;
    this.challengedAtUs[slot] = -1;
    this.firstByteAtUs[slot] = -1;
    this.respondedAtUs[slot] = -1;
    this.provedAtUs[slot] = -1;
    this.proofAgeUs[slot] = -1;
    this.synRetransmits[slot] = -1;
    this.requestRetransmits[slot] = -1;
    this.rttUs[slot] = -1;
    this.minRttUs[slot] = -1;
    this.mss[slot] = -1;
    this.tcpOptions[slot] = -1;
    this.sent[slot] = 0;
    this.lostErrno[slot] = 0;
    this.bytes[slot] = 0;
    return slot;
  }

  free(slot: number): void {
    this.phase[slot] = FREE;
    this.generation[slot] = this.generation[slot]! + 1;
    this.#free[this.#freeCount] = slot;
    this.#freeCount++;
  }
}
