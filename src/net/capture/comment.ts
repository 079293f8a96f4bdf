/** Of a comment, in UTF-8: nobody reads more. An option of pcapng could contain 65,535. */
export const MAX_COMMENT_BYTES = 4_096;

const CUT = '…';

/** What acts on a terminal or turns the text around it: control characters, line and paragraph separators, marks of direction. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A comment of a frame in UTF-8, in one line, whoever wrote it: hostile characters are named (`\u001b`), halves of
 * characters replaced, and what is too long is cut.
 */
export function encodeComment(text: string): Uint8Array {
  // As nothing gets shorter, no more than this is needed.
  const plain = text
    .slice(0, MAX_COMMENT_BYTES + 1)
    .replace(HOSTILE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const bytes = ENCODER.encode(plain);
  if (bytes.length <= MAX_COMMENT_BYTES) return bytes;
  const mark = ENCODER.encode(CUT);
  let end = MAX_COMMENT_BYTES - mark.length;
  // Bytes of UTF-8 that begin with the bits 10 continue a character (RFC 3629 section 3).
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  const cut = new Uint8Array(end + mark.length);
  cut.set(bytes.subarray(0, end));
  cut.set(mark, end);
  return cut;
}

const ENCODER = new TextEncoder();
