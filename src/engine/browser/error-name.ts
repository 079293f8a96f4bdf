import { LEAST_STATUS, nameError } from '../http/error-name.ts';
import type { Exchange } from './exchange.ts';

/** The name that a proxy gives to the error in its response, see http/error-name.ts; empty if it gives none. */
export function errorNameOf({ status, headers }: Pick<Exchange, 'status' | 'headers'>): string {
  if (status < LEAST_STATUS) return '';
  return nameError((name) => [headers[name] ?? []].flat());
}
