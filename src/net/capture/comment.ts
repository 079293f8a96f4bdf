/** Maximum length of a comment, bytes of UTF-8: longer ones are not read. An option of pcapng could contain 65,535. */
export const MAX_COMMENT_BYTES = 4_096;

const CUT = '…';

/**
 * What affects a terminal or reorders the text around it: control characters, line and paragraph separators, direction
 * marks.
 */
// biome-ignore lint/suspicious/noControlCharactersInRegex: these are what is looked for
const HOSTILE = /[\u0000-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/g;

/**
 * A comment of a frame in UTF-8, on one line, whoever wrote it: hostile characters are escaped (`\u001b`), lone
 * surrogates replaced, and long comments cut.
 */
export function encodeComment(text: string): Uint8Array {
  // Escaping never shortens text, so no more than this is needed.
  const plain = text
    .slice(0, MAX_COMMENT_BYTES + 1)
    .replace(HOSTILE, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
  const bytes = ENCODER.encode(plain);
  if (bytes.length <= MAX_COMMENT_BYTES) return bytes;
  const mark = ENCODER.encode(CUT);
  let end = MAX_COMMENT_BYTES - mark.length;
  // UTF-8 bytes whose top bits are 10 continue a character (RFC 3629 section 3).
  while ((bytes[end]! & 0xc0) === 0x80) end -= 1;
  const cut = new Uint8Array(end + mark.length);
  cut.set(bytes.subarray(0, end));
  cut.set(mark, end);
  return cut;
}

const ENCODER = new TextEncoder();
