import { beginFramingValue, CODING_CHUNKED, endFramingValue, takeFramingByte } from './framing-fields.ts';
import {
  BODY,
  BROKEN,
  CONTENT_LENGTH,
  DONE,
  expectChunkSize,
  expectStatusLine,
  FIELD_NAME,
  FIELD_NAME_END,
  FIELD_VALUE,
  HEADERS_END,
  LINE_START,
  MAX_HEAD_BYTES,
  NEVER_A_BODY,
  NO_BODY_IF_2XX,
  NO_LENGTH,
  OTHER_FIELD,
  type ParserSlots,
  STATUS_AFTER_CODE,
  STATUS_CODE,
  STATUS_MINOR,
  STATUS_REASON,
  STATUS_SPACE,
  STATUS_VERSION,
  TRANSFER_ENCODING,
  UNTIL_CLOSE,
} from './parser-slots.ts';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const COLON = 0x3a;
const ZERO = 0x30;

/** `HTTP/1.x NNN` and a space or CR. */
const PLAIN_STATUS_LINE_BYTES = 13;

const VERSION = Buffer.from('HTTP/1.', 'latin1');
const CONTENT_LENGTH_NAME = Buffer.from('content-length', 'latin1');
const TRANSFER_ENCODING_NAME = Buffer.from('transfer-encoding', 'latin1');

function isBlank(byte: number): boolean {
  return byte === SPACE || byte === TAB;
}

function isDigit(byte: number): boolean {
  return byte >= 0x30 && byte <= 0x39;
}

/**
 * Reads the head of a response until it ends, is invalid, or the bytes run out. All bytes go through one state
 * machine, so the result cannot depend on how they were split across reads.
 * @returns the offset of the first byte not consumed
 */
export function readHead(
  slots: ParserSlots,
  slot: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const before = slots.lineBytes[slot]!;
  const limit = Math.min(to, from + MAX_HEAD_BYTES - before);
  let state = slots.state[slot]!;
  let at = from;
  if (state === STATUS_VERSION && isPlainStatusLine(bytes, at, limit) && slots.position[slot] === 0) {
    state = takePlainStatusLine(slots, slot, bytes, at);
    at += PLAIN_STATUS_LINE_BYTES;
  }
  while (at < limit && state <= HEADERS_END) {
    // Most of a head is irrelevant: these two skip it without leaving the loop.
    if (state === STATUS_REASON || (state === FIELD_VALUE && slots.field[slot] === OTHER_FIELD)) {
      while (at < limit && bytes[at] !== LF) at++;
      if (at === limit) break;
      state = LINE_START;
      at++;
      continue;
    }
    if (state === FIELD_NAME) {
      at = takeName(slots, slot, bytes, at, limit);
      if (at === limit) break;
    }
    state = step(slots, slot, state, bytes[at]!);
    at++;
  }
  const headEnded = state > HEADERS_END;
  const taken = before + at - from;
  slots.lineBytes[slot] = headEnded ? 0 : taken;
  slots.state[slot] = !headEnded && taken >= MAX_HEAD_BYTES ? BROKEN : state;
  return at;
}

/**
 * Whether the complete `HTTP/1.x NNN` and its terminator are available: nearly always, and then they are parsed in
 * one step.
 */
function isPlainStatusLine(bytes: Uint8Array, at: number, limit: number): boolean {
  if (limit - at < PLAIN_STATUS_LINE_BYTES) return false;
  for (let index = 0; index < VERSION.length; index++) if (bytes[at + index] !== VERSION[index]) return false;
  const end = bytes[at + 12]!;
  return (
    isDigit(bytes[at + 7]!) &&
    bytes[at + 8] === SPACE &&
    // Codes below 100 are invalid.
    bytes[at + 9] !== ZERO &&
    isDigit(bytes[at + 9]!) &&
    isDigit(bytes[at + 10]!) &&
    isDigit(bytes[at + 11]!) &&
    (end === SPACE || end === CR)
  );
}

function takePlainStatusLine(slots: ParserSlots, slot: number, bytes: Uint8Array, at: number): number {
  const digits = bytes[at + 9]! * 100 + bytes[at + 10]! * 10 + bytes[at + 11]!;
  slots.status[slot] = digits - ZERO * 111;
  return STATUS_REASON;
}

function step(slots: ParserSlots, slot: number, state: number, byte: number): number {
  switch (state) {
    case STATUS_VERSION:
    case STATUS_MINOR:
    case STATUS_SPACE:
    case STATUS_CODE:
    case STATUS_AFTER_CODE:
      return stepStatusLine(slots, slot, state, byte);
    case LINE_START:
      return startLine(slots, slot, byte);
    case FIELD_NAME:
      // takeName() stopped at the end of the name.
      if (byte === COLON) return startValue(slots, slot);
      return isBlank(byte) ? FIELD_NAME_END : BROKEN;
    case FIELD_NAME_END:
      return endName(slots, slot, byte);
    case FIELD_VALUE:
      if (byte === LF) return LINE_START;
      return takeFramingByte(slots, slot, byte) ? FIELD_VALUE : BROKEN;
    case HEADERS_END:
      return byte === LF ? endHead(slots, slot) : BROKEN;
    default:
      return BROKEN;
  }
}

/**
 * status-line, RFC 9112 section 4. The reason phrase and the space before it are often missing: both forms are
 * accepted.
 */
function stepStatusLine(slots: ParserSlots, slot: number, state: number, byte: number): number {
  switch (state) {
    case STATUS_VERSION: {
      const position = slots.position[slot]!;
      if (byte !== VERSION[position]) return BROKEN;
      slots.position[slot] = position + 1;
      return position + 1 === VERSION.length ? STATUS_MINOR : STATUS_VERSION;
    }
    case STATUS_MINOR:
      return isDigit(byte) ? STATUS_SPACE : BROKEN;
    case STATUS_SPACE:
      slots.position[slot] = 0;
      return isBlank(byte) ? STATUS_CODE : BROKEN;
    case STATUS_CODE:
      return takeCodeDigit(slots, slot, byte);
    default:
      if (byte === LF) return LINE_START;
      return isBlank(byte) || byte === CR ? STATUS_REASON : BROKEN;
  }
}

/** Any white space may separate the parts of a status line (RFC 9112 section 4). */
function takeCodeDigit(slots: ParserSlots, slot: number, byte: number): number {
  if (isBlank(byte) && slots.position[slot] === 0) return STATUS_CODE;
  if (!isDigit(byte)) return BROKEN;
  const number = slots.number[slot]! * 10 + (byte - 0x30);
  const digits = slots.position[slot]! + 1;
  slots.number[slot] = number;
  slots.position[slot] = digits;
  if (digits < 3) return STATUS_CODE;
  if (number < 100) return BROKEN;
  slots.status[slot] = number;
  return STATUS_AFTER_CODE;
}

/** A line that begins with white space continues the value before it (obs-fold, RFC 9112 section 5.2). */
function startLine(slots: ParserSlots, slot: number, byte: number): number {
  if (isBlank(byte)) return FIELD_VALUE;
  if (!endFramingValue(slots, slot)) return BROKEN;
  slots.field[slot] = OTHER_FIELD;
  // A lone LF ends a line too (RFC 9112 section 2.2).
  if (byte === LF) return endHead(slots, slot);
  if (byte === CR) return HEADERS_END;
  if (byte < SPACE || byte === COLON) return BROKEN;
  const lower = byte | 0x20;
  if (lower === CONTENT_LENGTH_NAME[0]) slots.field[slot] = CONTENT_LENGTH;
  else if (lower === TRANSFER_ENCODING_NAME[0]) slots.field[slot] = TRANSFER_ENCODING;
  slots.position[slot] = 1;
  return FIELD_NAME;
}

/**
 * White space before the colon must be removed from a response, which is not rejected (RFC 9112 section 5.1). Within
 * a name it makes an unknown field, which curl and browsers ignore.
 */
function endName(slots: ParserSlots, slot: number, byte: number): number {
  if (byte === COLON) return startValue(slots, slot);
  if (isBlank(byte)) return FIELD_NAME_END;
  if (byte < SPACE) return BROKEN;
  slots.field[slot] = OTHER_FIELD;
  return FIELD_NAME;
}

/**
 * Consumes the bytes of a name up to its end: a colon, white space, or a control character, which can only end a line
 * without a colon.
 * @returns the offset of the first byte after the name
 */
function takeName(slots: ParserSlots, slot: number, bytes: Uint8Array, from: number, to: number): number {
  let candidates = slots.field[slot]!;
  let position = slots.position[slot]!;
  let at = from;
  for (; at < to; at++) {
    const byte = bytes[at]!;
    if (byte <= SPACE || byte === COLON) break;
    if (candidates === OTHER_FIELD) continue;
    const lower = byte | 0x20;
    if (lower !== CONTENT_LENGTH_NAME[position]) candidates &= ~CONTENT_LENGTH;
    if (lower !== TRANSFER_ENCODING_NAME[position]) candidates &= ~TRANSFER_ENCODING;
    position++;
  }
  slots.field[slot] = candidates;
  slots.position[slot] = position;
  return at;
}

function startValue(slots: ParserSlots, slot: number): number {
  const field = slots.field[slot]!;
  const length = slots.position[slot]!;
  const isLength = field === CONTENT_LENGTH && length === CONTENT_LENGTH_NAME.length;
  const isCoding = field === TRANSFER_ENCODING && length === TRANSFER_ENCODING_NAME.length;
  if (isLength || isCoding) beginFramingValue(slots, slot);
  else slots.field[slot] = OTHER_FIELD;
  return FIELD_VALUE;
}

/** Determines where the body ends: RFC 9112 section 6.3, in its order. */
function endHead(slots: ParserSlots, slot: number): number {
  const status = slots.status[slot]!;
  // 101 is final: another protocol follows. The other 1xx precede the final response.
  if (status < 200 && status !== 101) return expectStatusLine(slots, slot);
  const neverHasBody = status === 101 || status === 204 || status === 304;
  const rule = slots.bodyRule[slot]!;
  if (neverHasBody || rule === NEVER_A_BODY) return DONE;
  if (rule === NO_BODY_IF_2XX && status < 300) return DONE;
  if (slots.coding[slot] === CODING_CHUNKED) return expectChunkSize(slots, slot);
  if (slots.coding[slot] !== 0) return UNTIL_CLOSE;
  const length = slots.contentLength[slot]!;
  if (length === NO_LENGTH) return UNTIL_CLOSE;
  slots.remaining[slot] = length;
  return length === 0 ? DONE : BODY;
}
