import { listFields, listValues, splitList } from './head-fields.ts';
import { KeptHeads } from './kept-heads.ts';

/** Responses with a lower status never carry a proxy error name. */
export const LEAST_STATUS = 300;

/** What the far end sends is limited to these characters in results and on terminals. */
const WORD = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/**
 * The name that a proxy gives to the error in its response; empty if it gives none. `Squid: ERR_CONNECT_FAIL` from
 * Squid's X-Squid-Error; `cache1: connection_refused` from Proxy-Status (RFC 9209), by the proxy nearest to the
 * origin that reports one; otherwise `via proxy1`, the last to forward the response (Via, RFC 9110 section 7.6.3).
 * @param head up to its empty line; other responses may precede it
 */
export function readErrorName(head: Uint8Array): string {
  const { fields } = listFields(head);
  return nameError((name) => listValues(fields, name));
}

/**
 * The same for fields that are already parsed.
 * @param valuesOf returns the values of every field with this lower-case name
 */
export function nameError(valuesOf: (lowerCaseName: string) => readonly string[]): string {
  const [squid = ''] = valuesOf('x-squid-error').map((value) => value.trim().split(' ')[0] ?? '');
  if (WORD.test(squid)) return `Squid: ${squid}`;
  for (const member of valuesOf('proxy-status').flatMap(splitList)) {
    const [name = '', ...parameters] = member.split(';').map((part) => part.trim());
    const error =
      parameters.find((parameter) => parameter.startsWith('error='))?.slice('error='.length) ?? '';
    if (WORD.test(error)) return `${nameProxy(name)}: ${error}`;
  }
  const last = valuesOf('via').flatMap(splitList).at(-1);
  const by = last?.split(/[ \t]+/)[1] ?? '';
  return /^[!-~]{1,64}$/.test(by) ? `via ${by}` : '';
}

/** A token or a quoted string (RFC 9209 section 2). */
function nameProxy(name: string): string {
  const plain = name.replace(/^"(.*)"$/, '$1');
  return /^[!-~]{1,64}$/.test(plain) ? plain : 'a proxy';
}

/** Heads of responses that may name an error, by slot. Nothing is kept of any other. */
export class ErrorHeads {
  readonly #heads = new KeptHeads();
  #isAny = false;

  /**
   * @param from, headEnd offsets between which `bytes` belong to a head
   * @param status as read so far; 0 if not yet known
   */
  takeHead(slot: number, bytes: Uint8Array, from: number, headEnd: number, status: number): void {
    if (headEnd === from || (status !== 0 && status < LEAST_STATUS)) return;
    this.#heads.keep(slot, bytes, from, headEnd);
    this.#isAny = true;
  }

  /**
   * Returns the error named by the slot's last response, and forgets its head.
   * @param status of that response, 0 if none was read
   */
  take(slot: number, status: number): string {
    if (!this.#isAny) return '';
    const name = status < LEAST_STATUS ? '' : readErrorName(this.#heads.of(slot));
    this.#heads.forget(slot);
    return name;
  }
}
