import { readChunkFraming } from './chunked-framing.ts';
import {
  BODY,
  BODY_AS_SAID,
  type BodyRule,
  BROKEN,
  CHUNK_DATA,
  CHUNK_DATA_CR,
  createParserSlots,
  DONE,
  expectStatusLine,
  HEADERS_END,
  NEVER_A_BODY,
  NO_BODY_IF_2XX,
  type ParserSlots,
  UNTIL_CLOSE,
} from './parser-slots.ts';
import { readHead } from './response-head.ts';

/** Return values of {@link ResponseParser.push} and {@link ResponseParser.eof}. */
export const NEED_MORE = 0;
/** The whole response was read; bytes after it are ignored. */
export const COMPLETE = 1;
/** The data is not an HTTP/1.x response, or its framing cannot be trusted (RFC 9112 section 6.3). */
export const GARBAGE = 2;
/** The far end closed before the response was complete. */
export const TRUNCATED = 3;

export type PushResult = typeof NEED_MORE | typeof COMPLETE | typeof GARBAGE;
export type EofResult = typeof COMPLETE | typeof GARBAGE | typeof TRUNCATED;

/**
 * Incremental HTTP/1.x response parser for many connections at once: one slot each, state in typed arrays, no
 * allocation per response. It accepts any bytes, split in any way, keeps none of them, and never throws.
 */
export class ResponseParser {
  readonly #slots: ParserSlots;
  #headEnd = 0;
  #end = 0;
  /** Receives the bytes of bodies, dechunked; undefined if nobody inspects them. */
  watchBody: ((slot: number, bytes: Uint8Array, from: number, to: number) => void) | undefined;

  /** @param slots how many responses can be read at once */
  constructor(slots: number) {
    this.#slots = createParserSlots(slots);
  }

  /**
   * Prepares a slot for a new response.
   * @param hasNoBody the request was HEAD
   */
  reset(slot: number, hasNoBody: boolean): void {
    this.#reset(slot, hasNoBody ? NEVER_A_BODY : BODY_AS_SAID);
  }

  /** Prepares a slot for the response to CONNECT: a 2xx ends with its head (RFC 9110 section 9.3.6). */
  resetForConnect(slot: number): void {
    this.#reset(slot, NO_BODY_IF_2XX);
  }

  #reset(slot: number, bodyRule: BodyRule): void {
    this.#slots.lineBytes[slot] = 0;
    this.#slots.bodyRule[slot] = bodyRule;
    this.#slots.state[slot] = expectStatusLine(this.#slots, slot);
  }

  /** Consumes the bytes from offset `from` up to, not including, `to`. */
  push(slot: number, bytes: Uint8Array, from: number, to: number): PushResult {
    const slots = this.#slots;
    let at = from;
    this.#headEnd = from;
    while (at < to) {
      const state = slots.state[slot]!;
      if (state >= DONE || state === UNTIL_CLOSE) break;
      if (state <= HEADERS_END) this.#headEnd = at = readHead(slots, slot, bytes, at, to);
      else if (state === BODY || state === CHUNK_DATA) {
        const end = this.#countBody(slot, at, to);
        this.watchBody?.(slot, bytes, at, end);
        at = end;
      } else at = readChunkFraming(slots, slot, bytes, at, to);
    }
    const state = slots.state[slot];
    if (state === UNTIL_CLOSE && at < to) this.watchBody?.(slot, bytes, at, to);
    this.#end = state === UNTIL_CLOSE ? to : at;
    if (state === DONE) return COMPLETE;
    return state === BROKEN ? GARBAGE : NEED_MORE;
  }

  /** Offset up to which the last {@link push}, on any slot, consumed head bytes; its `from` if there were none. */
  get headEnd(): number {
    return this.#headEnd;
  }

  /** Offset up to which the last {@link push} consumed bytes of the response. Anything after it is not part of it. */
  get end(): number {
    return this.#end;
  }

  /** Handles the end of the connection. */
  eof(slot: number): EofResult {
    const state = this.#slots.state[slot]!;
    if (state === DONE || state === UNTIL_CLOSE) return COMPLETE;
    return state === BROKEN ? GARBAGE : TRUNCATED;
  }

  /** Status code; 0 until known. Interim (1xx) responses leave nothing behind. */
  status(slot: number): number {
    return this.#slots.status[slot]!;
  }

  /** Whether the head of the final response has been read, even if its body is incomplete. */
  isHeadOver(slot: number): boolean {
    const state = this.#slots.state[slot]!;
    return state > HEADERS_END && state !== BROKEN;
  }

  /** Whether the head has been read and only the end of the connection can end the body. */
  closeDelimited(slot: number): boolean {
    return this.#slots.state[slot] === UNTIL_CLOSE;
  }

  #countBody(slot: number, from: number, to: number): number {
    const slots = this.#slots;
    const remaining = slots.remaining[slot]!;
    // As a small integer, which needs no heap allocation: the rest of a body may not fit into one.
    const taken = Math.min(remaining, to - from) | 0;
    slots.remaining[slot] = remaining - taken;
    if (taken === remaining) slots.state[slot] = slots.state[slot] === BODY ? DONE : CHUNK_DATA_CR;
    return from + taken;
  }
}
