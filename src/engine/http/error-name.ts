import { listFields, listValues, splitList } from './head-fields.ts';
import { KeptHeads } from './kept-heads.ts';

/** Below it an answer is none that a proxy would name an error in. */
export const LEAST_STATUS = 300;

/** What may stand in results and on terminals, of what a far end sends. */
const WORD = /^[A-Za-z][A-Za-z0-9_.-]{0,63}$/;

/**
 * What a proxy itself calls the error that it answers with; empty where it names none. `Squid: ERR_CONNECT_FAIL` of Squid's
 * X-Squid-Error; `cache1: connection_refused` of Proxy-Status (RFC 9209), the proxy nearest to the origin that tells one; else
 * `via proxy1`, who passed the answer on last (Via, RFC 9110 section 7.6.3).
 * @param head up to its empty line; other responses may stand before it
 */
export function readErrorName(head: Uint8Array): string {
  const { fields } = listFields(head);
  return nameError((name) => listValues(fields, name));
}

/** The same of fields that somebody else has read. @param valuesOf values of every field of a name in lower case */
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

/** A token, or a string in quotes (RFC 9209 section 2). */
function nameProxy(name: string): string {
  const plain = name.replace(/^"(.*)"$/, '$1');
  return /^[!-~]{1,64}$/.test(plain) ? plain : 'a proxy';
}

/** Heads of answers that may name an error, by slot. Of any other no byte is kept. */
export class ErrorHeads {
  readonly #heads = new KeptHeads();
  #isAny = false;

  /**
   * @param headEnd offset up to which `bytes` are of a head
   * @param status as read so far; 0: not yet
   */
  heed(slot: number, bytes: Uint8Array, headEnd: number, status: number): void {
    if (headEnd === 0 || (status !== 0 && status < LEAST_STATUS)) return;
    this.#heads.keep(slot, bytes, 0, headEnd);
    this.#isAny = true;
  }

  /** The error that the last answer of a slot names; forgets its head. @param status of that answer, 0: none was read */
  take(slot: number, status: number): string {
    if (!this.#isAny) return '';
    const name = status < LEAST_STATUS ? '' : readErrorName(this.#heads.of(slot));
    this.#heads.forget(slot);
    return name;
  }
}
