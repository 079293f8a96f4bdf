import { isUtf8 } from 'node:buffer';

/** Text that is not UTF-8. Decoding it as UTF-8 would turn each invalid byte into U+FFFD, which would then be sent. */
export class NotUtf8 extends Error {
  /** Number of the first such line, from 1. */
  readonly line: number;

  constructor(line: number) {
    super(`line ${line} is not UTF-8`);
    this.line = line;
  }
}

/**
 * The text of bytes, without the byte order mark that some editors write.
 * @throws NotUtf8
 */
export function decodeUtf8(bytes: Uint8Array): string {
  if (!isUtf8(bytes)) throw new NotUtf8(findLine(bytes));
  return new TextDecoder().decode(bytes);
}

/** A line feed is never part of a longer character, so each line can be checked by itself. */
function findLine(bytes: Uint8Array): number {
  let line = 1;
  for (let from = 0; from < bytes.length; line += 1) {
    const end = bytes.indexOf(0x0a, from);
    const to = end < 0 ? bytes.length : end;
    if (!isUtf8(bytes.subarray(from, to))) return line;
    from = to + 1;
  }
  return line;
}

/** What to do about a file that is not UTF-8. */
export function convertHint(path: string): string {
  return `convert it, such as: iconv -f WINDOWS-1252 -t UTF-8 ${path} >${path}.utf8 (UTF-16, if Notepad saved it as Unicode)`;
}

/**
 * Whether text came from bytes that were not UTF-8: arguments and variables reach a program already decoded (U+FFFD).
 */
export function isDamaged(text: string): boolean {
  return text.includes('\uFFFD');
}
