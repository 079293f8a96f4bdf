import { Pool } from './slots.ts';

/** How a request relates to credentials: the arm has none, none were sent yet, the current request carries them. */
export const NO_CREDENTIALS = 0;
export const UNASKED = 1;
export const AUTHORISED = 2;

/**
 * What is kept of a connection while something is happening on it: during handshake, exchange, proof and close. By an
 * index of its own. Times are microseconds on the engine's clock; -1: did not happen.
 */
export class ActiveTable {
  /** The slot of the connection. */
  readonly slot: Int32Array;
  readonly intendedAtUs: Float64Array;
  readonly startedAtUs: Float64Array;
  readonly establishedAtUs: Float64Array;
  readonly challengedAtUs: Float64Array;
  readonly firstByteAtUs: Float64Array;
  readonly respondedAtUs: Float64Array;
  readonly provedAtUs: Float64Array;
  readonly proofAgeUs: Float64Array;
  /** When what waits for an answer was last sent, and when it is sent again; infinite if nothing waits. */
  readonly sentAtUs: Float64Array;
  readonly resendAtUs: Float64Array;
  /** How often what waits for an answer has been sent again. */
  readonly resends: Uint8Array;
  readonly synRetransmits: Uint8Array;
  readonly requestRetransmits: Int32Array;
  readonly rttUs: Int32Array;
  readonly minRttUs: Int32Array;
  readonly mss: Uint16Array;
  /** Of the far end: the largest segment that it accepts, and the shift of the windows that it announces. */
  readonly window: Int32Array;
  readonly windowShift: Uint8Array;
  /** TCP_INFO's option bits. */
  readonly tcpOptions: Uint8Array;
  /** Our first sequence number: its SYN. */
  readonly iss: Int32Array;
  /** Bytes of the current request that were sent, and of those that were acknowledged. */
  readonly sent: Int32Array;
  readonly acknowledged: Int32Array;
  /** Sequence number of the current request's first byte. */
  readonly requestSeq: Int32Array;
  readonly credentials: Uint8Array;
  /** Response bytes read. */
  readonly bytes: Float64Array;
  readonly endpoint: Uint16Array;
  readonly source: Int32Array;
  readonly #pool: Pool;

  constructor(capacity: number) {
    this.slot = new Int32Array(capacity);
    this.intendedAtUs = new Float64Array(capacity);
    this.startedAtUs = new Float64Array(capacity);
    this.establishedAtUs = new Float64Array(capacity);
    this.challengedAtUs = new Float64Array(capacity);
    this.firstByteAtUs = new Float64Array(capacity);
    this.respondedAtUs = new Float64Array(capacity);
    this.provedAtUs = new Float64Array(capacity);
    this.proofAgeUs = new Float64Array(capacity);
    this.sentAtUs = new Float64Array(capacity);
    this.resendAtUs = new Float64Array(capacity);
    this.resends = new Uint8Array(capacity);
    this.synRetransmits = new Uint8Array(capacity);
    this.requestRetransmits = new Int32Array(capacity);
    this.rttUs = new Int32Array(capacity);
    this.minRttUs = new Int32Array(capacity);
    this.mss = new Uint16Array(capacity);
    this.window = new Int32Array(capacity);
    this.windowShift = new Uint8Array(capacity);
    this.tcpOptions = new Uint8Array(capacity);
    this.iss = new Int32Array(capacity);
    this.sent = new Int32Array(capacity);
    this.acknowledged = new Int32Array(capacity);
    this.requestSeq = new Int32Array(capacity);
    this.credentials = new Uint8Array(capacity);
    this.bytes = new Float64Array(capacity);
    this.endpoint = new Uint16Array(capacity);
    this.source = new Int32Array(capacity);
    this.#pool = new Pool(capacity, this.requestSeq);
  }

  /** Takes an index for a slot, at which nothing has happened yet; there are as many as slots. */
  take(slot: number): number {
    const index = this.#pool.take();
    this.slot[index] = slot;
    this.startedAtUs[index] = -1;
    this.establishedAtUs[index] = -1;
    this.challengedAtUs[index] = -1;
    this.firstByteAtUs[index] = -1;
    this.respondedAtUs[index] = -1;
    this.provedAtUs[index] = -1;
    this.proofAgeUs[index] = -1;
    this.resendAtUs[index] = Number.POSITIVE_INFINITY;
    this.resends[index] = 0;
    this.synRetransmits[index] = 0;
    this.requestRetransmits[index] = -1;
    this.rttUs[index] = 0;
    this.minRttUs[index] = -1;
    this.mss[index] = 0;
    this.windowShift[index] = 0;
    this.tcpOptions[index] = 0;
    this.sent[index] = 0;
    this.acknowledged[index] = 0;
    this.bytes[index] = 0;
    return index;
  }

  free(index: number): void {
    this.#pool.free(index);
  }
}
