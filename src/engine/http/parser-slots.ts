/**
 * A response's position in the grammar (RFC 9112). The order matters: up to {@link HEADERS_END} the head is being
 * read; from {@link BODY} on, bytes are only counted; from {@link CHUNK_SIZE} on, chunked framing is being read.
 */
export const STATUS_VERSION = 0;
export const STATUS_MINOR = 1;
export const STATUS_SPACE = 2;
export const STATUS_CODE = 3;
export const STATUS_AFTER_CODE = 4;
export const STATUS_REASON = 5;
export const LINE_START = 6;
export const FIELD_NAME = 7;
/** White space between a name and its colon. */
export const FIELD_NAME_END = 8;
export const FIELD_VALUE = 9;
/** A CR began an empty line: the LF must follow. */
export const HEADERS_END = 10;

export const BODY = 11;
export const UNTIL_CLOSE = 12;
export const CHUNK_DATA = 13;

export const CHUNK_SIZE = 14;
/** Between the digits and LF: spaces and extensions. */
export const CHUNK_EXTENSION = 15;
/** The line break that ends a chunk's data. */
export const CHUNK_DATA_CR = 16;
export const CHUNK_DATA_LF = 17;
export const TRAILER_START = 18;
export const TRAILER_LINE = 19;
export const TRAILER_END = 20;

export const DONE = 21;
export const BROKEN = 22;

/** Fields that determine where a body ends. */
export const OTHER_FIELD = 0;
export const CONTENT_LENGTH = 1;
export const TRANSFER_ENCODING = 2;

/**
 * Longest head in bytes, interim responses included: curl's limit (MAX_HTTP_RESP_HEADER_SIZE, lib/http.h). Without a
 * limit a far end could send a head forever.
 */
export const MAX_HEAD_BYTES = 307_200;

/** Longest chunk-size line or trailer section, in bytes. */
export const MAX_LINE_BYTES = 65_536;

/**
 * Which responses have no body regardless of their heads (RFC 9112 section 6.3): none, all (HEAD), any 2xx (CONNECT).
 */
export const BODY_AS_SAID = 0;
export const NEVER_A_BODY = 1;
export const NO_BODY_IF_2XX = 2;
export type BodyRule = typeof BODY_AS_SAID | typeof NEVER_A_BODY | typeof NO_BODY_IF_2XX;

/** No Content-Length was seen. */
export const NO_LENGTH = -1;

/** State of all responses being read, by slot. */
export interface ParserSlots {
  readonly state: Uint8Array;
  /** A {@link BodyRule}. */
  readonly bodyRule: Uint8Array;
  /** Final status code; 0 until known. */
  readonly status: Uint16Array;
  /** Bytes of the head so far, or of the current line of chunked framing. */
  readonly lineBytes: Uint32Array;
  /** Position in a literal, a field name or a list element, or digits read; 255: the literal does not match. */
  readonly position: Uint8Array;
  /** 1: white space has ended the current number or list element. */
  readonly ended: Uint8Array;
  /** While a field name is being read, the names still possible; then the field: a bit set of the values above. */
  readonly field: Uint8Array;
  /** Number being read. */
  readonly number: Float64Array;
  readonly contentLength: Float64Array;
  /** Transfer codings: 0 none, 1 the last one is not chunked, 2 it is. */
  readonly coding: Uint8Array;
  /** Bytes remaining in the body or in the current chunk. */
  readonly remaining: Float64Array;
}

/** Creates the state for as many concurrent responses as there are slots. */
export function createParserSlots(slots: number): ParserSlots {
  return {
    state: new Uint8Array(slots),
    bodyRule: new Uint8Array(slots),
    status: new Uint16Array(slots),
    lineBytes: new Uint32Array(slots),
    position: new Uint8Array(slots),
    ended: new Uint8Array(slots),
    field: new Uint8Array(slots),
    number: new Float64Array(slots),
    contentLength: new Float64Array(slots).fill(NO_LENGTH),
    coding: new Uint8Array(slots),
    remaining: new Float64Array(slots),
  };
}

/**
 * Prepares a slot for a status line and returns the state that reads it. `lineBytes` is kept: interim responses share
 * one limit with the final one.
 */
export function expectStatusLine(slots: ParserSlots, slot: number): number {
  slots.status[slot] = 0;
  slots.position[slot] = 0;
  slots.ended[slot] = 0;
  slots.field[slot] = OTHER_FIELD;
  slots.number[slot] = 0;
  slots.contentLength[slot] = NO_LENGTH;
  slots.coding[slot] = 0;
  slots.remaining[slot] = 0;
  return STATUS_VERSION;
}

/** Prepares a slot for a chunk size and returns the state that reads it. */
export function expectChunkSize(slots: ParserSlots, slot: number): number {
  slots.number[slot] = 0;
  slots.position[slot] = 0;
  return CHUNK_SIZE;
}
