import type { ContentRule } from './content-rule.ts';
import { listFields, listValues, splitList } from './head-fields.ts';
import { TextSearch } from './text-search.ts';

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
