import type { CompiledRequest } from '../types.ts';
import { writeNonce } from './nonce.ts';

/**
 * The bytes to send for an attempt: a copy with its number and credentials inserted, or the original if it has
 * neither.
 * @param credentials value of the credentials field, in ASCII; only for a request that has a place for it
 */
export function stampRequest(request: CompiledRequest, attempt: number, credentials = ''): Uint8Array {
  const { bytes: plain, nonceOffsets, nonceWidth, credentialsAt = 0 } = request;
  if (nonceOffsets.length === 0 && credentials === '') return plain;
  const bytes = new Uint8Array(plain.length + credentials.length);
  bytes.set(plain);
  for (let index = 0; index < nonceOffsets.length; index++) {
    writeNonce(bytes, nonceOffsets[index]!, nonceWidth, attempt);
  }
  if (credentials === '') return bytes;
  bytes.copyWithin(credentialsAt + credentials.length, credentialsAt, plain.length);
  Buffer.from(bytes.buffer).write(credentials, credentialsAt, 'latin1');
  return bytes;
}
