import { isIP } from 'node:net';

/**
 * What a certificate has to be valid for, as Node has it: an address is no server name (RFC 6066 section 3), and without
 * either, Node verifies "localhost".
 */
export function verifiedAs(host: string): { readonly host: string; readonly servername: string } {
  return { host, servername: isIP(host) === 0 ? host : '' };
}
