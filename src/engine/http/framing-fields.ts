import { CONTENT_LENGTH, NO_LENGTH, type ParserSlots, TRANSFER_ENCODING } from './parser-slots.ts';

const COMMA = 0x2c;
const CHUNKED = Buffer.from('chunked', 'latin1');
const MISMATCH = 255;

/** Codings seen: see `ParserSlots.coding`. */
const CODING_OTHER = 1;
export const CODING_CHUNKED = 2;

/** Whether a byte is white space within a field value; CR counts, so that a CR before LF needs no state. */
function isSpace(byte: number): boolean {
  return byte === 0x20 || byte === 0x09 || byte === 0x0d;
}

/** Starts the value of a field that determines the framing. */
export function beginFramingValue(slots: ParserSlots, slot: number): void {
  slots.position[slot] = 0;
  slots.ended[slot] = 0;
  slots.number[slot] = 0;
}

/**
 * Consumes one byte of such a value.
 * @returns false if the value cannot be valid
 */
export function takeFramingByte(slots: ParserSlots, slot: number, byte: number): boolean {
  return slots.field[slot] === CONTENT_LENGTH
    ? takeLengthByte(slots, slot, byte)
    : takeCodingByte(slots, slot, byte);
}

/**
 * Ends such a value, if one was being read.
 * @returns false if the value is invalid
 */
export function endFramingValue(slots: ParserSlots, slot: number): boolean {
  switch (slots.field[slot]) {
    case CONTENT_LENGTH:
      return endLength(slots, slot);
    case TRANSFER_ENCODING:
      endCoding(slots, slot);
      if (slots.coding[slot] === 0) slots.coding[slot] = CODING_OTHER;
      return true;
    default:
      return true;
  }
}

/** Equal lengths may be repeated, in one field or several (RFC 9110 section 8.6). */
function takeLengthByte(slots: ParserSlots, slot: number, byte: number): boolean {
  if (isSpace(byte)) {
    if (slots.position[slot] !== 0) slots.ended[slot] = 1;
    return true;
  }
  if (byte === COMMA) {
    const valid = endLength(slots, slot);
    beginFramingValue(slots, slot);
    return valid;
  }
  if (byte < 0x30 || byte > 0x39 || slots.ended[slot] === 1) return false;
  const number = slots.number[slot]! * 10 + (byte - 0x30);
  slots.number[slot] = number;
  slots.position[slot] = 1;
  return number <= Number.MAX_SAFE_INTEGER;
}

function endLength(slots: ParserSlots, slot: number): boolean {
  if (slots.position[slot] === 0) return false;
  const earlier = slots.contentLength[slot]!;
  const number = slots.number[slot]!;
  slots.contentLength[slot] = number;
  return earlier === NO_LENGTH || earlier === number;
}

/** Only the last coding counts (RFC 9112 section 6.3); one that is not exactly `chunked` counts as other. */
function takeCodingByte(slots: ParserSlots, slot: number, byte: number): boolean {
  const position = slots.position[slot]!;
  if (isSpace(byte)) {
    if (position !== 0) slots.ended[slot] = 1;
  } else if (byte === COMMA) {
    endCoding(slots, slot);
    beginFramingValue(slots, slot);
  } else {
    const matches =
      slots.ended[slot] === 0 && position < CHUNKED.length && (byte | 0x20) === CHUNKED[position];
    slots.position[slot] = matches ? position + 1 : MISMATCH;
  }
  return true;
}

function endCoding(slots: ParserSlots, slot: number): void {
  const position = slots.position[slot]!;
  if (position !== 0) slots.coding[slot] = position === CHUNKED.length ? CODING_CHUNKED : CODING_OTHER;
}
