import type { CompiledRequest } from '../types.ts';
import { writeNonce } from './nonce.ts';

/**
 * The bytes to send for an attempt: a copy with its number and credentials inserted, or the original if it has
 * neither.
 * @param credentials value of the credentials field, in ASCII; only for a request that has a place for it
 */
export function stampRequest(request: CompiledRequest, attempt: number, credentials = ''): Uint8Array {
  const { bytes: plain, nonceOffsets, credentialsAt = 0 } = request;
  if (nonceOffsets.length === 0 && credentials === '') return plain;
  const bytes = new Uint8Array(plain.length + credentials.length);
  bytes.set(plain);
  writeNonces(bytes, request, attempt);
  if (credentials === '') return bytes;
  bytes.copyWithin(credentialsAt + credentials.length, credentialsAt, plain.length);
  Buffer.from(bytes.buffer).write(credentials, credentialsAt, 'latin1');
  return bytes;
}

/**
 * The same without credentials and without a copy: the request's own bytes, with this attempt's number until the next call.
 * Many a second, copies would be most of the garbage.
 */
export function stampInPlace(request: CompiledRequest, attempt: number): Uint8Array {
  writeNonces(request.bytes, request, attempt);
  return request.bytes;
}

function writeNonces(
  bytes: Uint8Array,
  { nonceOffsets, nonceWidth }: CompiledRequest,
  attempt: number,
): void {
  for (let index = 0; index < nonceOffsets.length; index++) {
    writeNonce(bytes, nonceOffsets[index]!, nonceWidth, attempt);
  }
}
