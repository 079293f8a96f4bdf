import { PROTOCOL } from './ip.ts';

/** Extension headers whose second byte is their length in units of 8, less 1 (RFC 8200 section 4). */
const EXTENSIONS: ReadonlySet<number> = new Set([
  PROTOCOL.HOP_BY_HOP,
  PROTOCOL.ROUTING,
  PROTOCOL.DESTINATION_OPTIONS,
  PROTOCOL.MOBILITY,
  PROTOCOL.HIP,
  PROTOCOL.SHIM6,
]);

/** Every extension header has at least this many. */
export const LEAST_EXTENSION_BYTES = 8;

/** Whether another header follows one of this protocol; over IPv4 that is true only for the authentication header. */
export function isExtension(protocol: number, version: number): boolean {
  if (protocol === PROTOCOL.AUTHENTICATION) return true;
  return version === 6 && (protocol === PROTOCOL.FRAGMENT || EXTENSIONS.has(protocol));
}

/** Length of an extension header of which at least {@link LEAST_EXTENSION_BYTES} were captured. */
export function readExtensionBytes(protocol: number, bytes: Uint8Array, at: number): number {
  if (protocol === PROTOCOL.FRAGMENT) return LEAST_EXTENSION_BYTES;
  const length = bytes[at + 1]!;
  // RFC 4302 section 2.2 counts in units of 4, less 2.
  if (protocol === PROTOCOL.AUTHENTICATION) return Math.max((length + 2) * 4, LEAST_EXTENSION_BYTES);
  return (length + 1) * 8;
}
