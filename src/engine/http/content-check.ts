import type { ContentRule } from './content-rule.ts';
import { listFields, listValues, splitList } from './head-fields.ts';

/**
 * How much of a body is matched against regular expressions: a block page is far shorter, and memory stays bounded.
 */
const MATCHED_BYTES = 65_536;

/** Reported for a body that cannot be searched. */
const COMPRESSED = 'the body is compressed';

/**
 * Checks one response as it arrives. Texts are found wherever they are, across reads and chunks; no more of the body
 * is kept than the longest of them, plus its first {@link MATCHED_BYTES} if a regular expression needs those.
 */
export class ContentCheck {
  readonly #rule: ContentRule;
  readonly #contained: TextSearch;
  readonly #unwanted: TextSearch;
  readonly #head: Buffer[] = [];
  readonly #beginning: Buffer[] = [];
  #kept = 0;
  #bytes = 0;

  constructor(rule: ContentRule) {
    this.#rule = rule;
    this.#contained = new TextSearch(rule.contains);
    this.#unwanted = new TextSearch(rule.notContains);
  }

  /** Takes bytes of the head, from offset `from` up to, not including, `to`. */
  takeHead(bytes: Uint8Array, from: number, to: number): void {
    if (from < to) this.#head.push(Buffer.from(bytes.subarray(from, to)));
  }

  /** Takes decoded (dechunked) bytes of the body, from offset `from` up to, not including, `to`. */
  takeBody(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes += to - from;
    this.#contained.take(bytes, from, to);
    this.#unwanted.take(bytes, from, to);
    const room = Math.min(to - from, MATCHED_BYTES - this.#kept);
    if (room <= 0 || this.#rule.matches.length === 0) return;
    this.#beginning.push(Buffer.from(bytes.subarray(from, from + room)));
    this.#kept += room;
  }

  /**
   * The names of the conditions that the complete response does not meet; empty if it meets all. A compressed body
   * cannot be searched: this is then the only thing reported.
   */
  listUnmet(): readonly string[] {
    const { minBytes, maxBytes, matches, contains, notContains, headers, names } = this.#rule;
    const unmet: string[] = [];
    if (this.#bytes < minBytes || this.#bytes > maxBytes) unmet.push(names.bytes);
    const looksInto = matches.length + contains.length + notContains.length > 0;
    if (!looksInto && headers.length === 0) return unmet;
    const { fields } = listFields(Buffer.concat(this.#head));
    for (const [index, [name, value]] of headers.entries()) {
      if (!listValues(fields, name).some((found) => found.trim() === value))
        unmet.push(names.headers[index]!);
    }
    if (!looksInto) return unmet;
    if (!isPlain(fields)) return [...unmet, COMPRESSED];
    for (const [index] of contains.entries())
      if (!this.#contained.found(index)) unmet.push(names.contains[index]!);
    for (const [index] of notContains.entries())
      if (this.#unwanted.found(index)) unmet.push(names.notContains[index]!);
    if (matches.length === 0) return unmet;
    const text = Buffer.concat(this.#beginning).toString('utf8');
    for (const [index, pattern] of matches.entries())
      if (!pattern.test(text)) unmet.push(names.matches[index]!);
    return unmet;
  }
}

function isPlain(fields: ReturnType<typeof listFields>['fields']): boolean {
  return ['content-encoding', 'transfer-encoding']
    .flatMap((name) => listValues(fields, name))
    .flatMap(splitList)
    .map((coding) => coding.toLowerCase())
    .every((coding) => coding === 'identity' || coding === 'chunked');
}

const NOTHING = Buffer.alloc(0);

/** Searches for texts in a byte stream, keeping only as many bytes as the beginning of a text may occupy. */
export class TextSearch {
  #wanted: readonly Uint8Array[];
  readonly #texts: readonly Uint8Array[];
  /** The end of the bytes already searched. */
  #tail: Buffer = NOTHING;

  /** @param texts none of them empty */
  constructor(texts: readonly Uint8Array[]) {
    this.#wanted = texts;
    this.#texts = texts;
  }

  /** Whether the text with this index has been found. */
  found(index: number): boolean {
    return !this.#wanted.includes(this.#texts[index]!);
  }

  /** Takes the bytes from offset `from` up to, not including, `to`. */
  take(bytes: Uint8Array, from: number, to: number): void {
    if (this.#wanted.length === 0) return;
    const piece = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from);
    // Joins what a text may have begun in with as much of the new piece as it may end in; the rest is searched in
    // place.
    const longest = this.#wanted.reduce((most, text) => Math.max(most, text.length), 0);
    const seam =
      this.#tail.length === 0 ? NOTHING : Buffer.concat([this.#tail, piece.subarray(0, longest - 1)]);
    this.#wanted = this.#wanted.filter((text) => seam.indexOf(text) < 0 && piece.indexOf(text) < 0);
    const end = piece.length >= longest - 1 ? piece : Buffer.concat([this.#tail, piece]);
    this.#tail = Buffer.from(end.subarray(Math.max(0, end.length - longest + 1)));
  }
}
