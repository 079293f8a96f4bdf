import {
  BROKEN,
  CHUNK_DATA,
  CHUNK_DATA_CR,
  CHUNK_DATA_LF,
  CHUNK_EXTENSION,
  CHUNK_SIZE,
  DONE,
  expectChunkSize,
  MAX_LINE_BYTES,
  type ParserSlots,
  TRAILER_END,
  TRAILER_LINE,
  TRAILER_START,
} from './parser-slots.ts';

const CR = 0x0d;
const LF = 0x0a;
const SPACE = 0x20;
const TAB = 0x09;
const SEMICOLON = 0x3b;

/**
 * Reads chunk sizes, the line breaks after chunks, and trailers (RFC 9112 section 7.1), until a chunk's data begins,
 * the message ends or is invalid, or the bytes run out.
 * @returns the offset of the first byte not consumed
 */
export function readChunkFraming(
  slots: ParserSlots,
  slot: number,
  bytes: Uint8Array,
  from: number,
  to: number,
): number {
  const before = slots.lineBytes[slot]!;
  const limit = Math.min(to, from + MAX_LINE_BYTES - before);
  let state = slots.state[slot]!;
  let at = from;
  while (at < limit && state >= CHUNK_SIZE && state < DONE) {
    state = step(slots, slot, state, bytes[at]!);
    at++;
  }
  const stillFraming = state >= CHUNK_SIZE && state < DONE;
  const taken = before + at - from;
  slots.lineBytes[slot] = stillFraming ? taken : 0;
  slots.state[slot] = stillFraming && taken >= MAX_LINE_BYTES ? BROKEN : state;
  return at;
}

function step(slots: ParserSlots, slot: number, state: number, byte: number): number {
  switch (state) {
    case CHUNK_SIZE:
      return takeSizeByte(slots, slot, byte);
    case CHUNK_EXTENSION:
      return byte === LF ? endSize(slots, slot) : CHUNK_EXTENSION;
    case CHUNK_DATA_CR:
      if (byte === CR) return CHUNK_DATA_LF;
      return byte === LF ? expectChunkSize(slots, slot) : BROKEN;
    case CHUNK_DATA_LF:
      return byte === LF ? expectChunkSize(slots, slot) : BROKEN;
    case TRAILER_START:
      if (byte === LF) return DONE;
      return byte === CR ? TRAILER_END : TRAILER_LINE;
    case TRAILER_LINE:
      return byte === LF ? TRAILER_START : TRAILER_LINE;
    case TRAILER_END:
      return byte === LF ? DONE : BROKEN;
    default:
      return BROKEN;
  }
}

function takeSizeByte(slots: ParserSlots, slot: number, byte: number): number {
  const digit = hexDigit(byte);
  if (digit >= 0) {
    const number = slots.number[slot]! * 16 + digit;
    slots.number[slot] = number;
    slots.position[slot] = 1;
    return number <= Number.MAX_SAFE_INTEGER ? CHUNK_SIZE : BROKEN;
  }
  if (slots.position[slot] === 0) return BROKEN;
  if (byte === LF) return endSize(slots, slot);
  return byte === CR || byte === SPACE || byte === TAB || byte === SEMICOLON ? CHUNK_EXTENSION : BROKEN;
}

function endSize(slots: ParserSlots, slot: number): number {
  slots.remaining[slot] = slots.number[slot]!;
  return slots.number[slot] === 0 ? TRAILER_START : CHUNK_DATA;
}

function hexDigit(byte: number): number {
  if (byte >= 0x30 && byte <= 0x39) return byte - 0x30;
  const lower = byte | 0x20;
  return lower >= 0x61 && lower <= 0x66 ? lower - 0x57 : -1;
}
