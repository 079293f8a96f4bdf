import { LEAST_STATUS, nameError } from '../http/error-name.ts';
import type { Exchange } from './exchange.ts';

/** What a proxy calls the error that it answers with, see http/error-name.ts; empty: it names none. */
export function errorNameOf({ status, headers }: Pick<Exchange, 'status' | 'headers'>): string {
  if (status < LEAST_STATUS) return '';
  return nameError((name) => [headers[name] ?? []].flat());
}
