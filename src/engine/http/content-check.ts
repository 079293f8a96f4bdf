import type { ContentRule } from './content-rule.ts';
import { listFields, listValues, splitList } from './head-fields.ts';
import { TextSearch } from './text-search.ts';

/** As much of a body as regular expressions are given: a block page is far shorter, and memory stays bounded. */
export const MATCHED_BYTES = 65_536;

/**
 * Looks through one response as it comes in. Texts are found wherever they are, across pieces and chunks; of the body no
 * more is kept than the longest of them, and its first {@link MATCHED_BYTES} where a regular expression asks for those.
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

  /** Takes bytes of the body, out of their chunks. */
  takeBody(bytes: Uint8Array, from: number, to: number): void {
    this.#bytes += to - from;
    this.#contained.take(bytes, from, to);
    this.#unwanted.take(bytes, from, to);
    const room = Math.min(to - from, MATCHED_BYTES - this.#kept);
    if (room <= 0 || this.#rule.matches.length === 0) return;
    this.#beginning.push(Buffer.from(bytes.subarray(from, from + room)));
    this.#kept += room;
  }

  /** Whether the response, now whole, holds what was asked for. A compressed body cannot be looked into: it does not. */
  isAsExpected(): boolean {
    const { minBytes, maxBytes, matches, contains, notContains, headers } = this.#rule;
    if (this.#bytes < minBytes || this.#bytes > maxBytes) return false;
    const looksInto = matches.length + contains.length + notContains.length > 0;
    if ((looksInto || headers.length > 0) && !this.#hasFields(looksInto)) return false;
    if (!this.#contained.foundAll || this.#unwanted.foundAny) return false;
    if (matches.length === 0) return true;
    const text = Buffer.concat(this.#beginning).toString('utf8');
    return matches.every((pattern) => pattern.test(text));
  }

  #hasFields(mustBePlain: boolean): boolean {
    const { fields } = listFields(Buffer.concat(this.#head));
    const codings = ['content-encoding', 'transfer-encoding']
      .flatMap((name) => listValues(fields, name))
      .flatMap(splitList)
      .map((coding) => coding.toLowerCase());
    if (mustBePlain && codings.some((coding) => coding !== 'identity' && coding !== 'chunked')) return false;
    return this.#rule.headers.every(([name, value]) =>
      listValues(fields, name).some((found) => found.trim() === value),
    );
  }
}
