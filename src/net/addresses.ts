import { isIP } from 'node:net';

/**
 * The bytes of a literal address: 4 of IPv4, 16 of IPv6 (RFC 4291 section 2.2). A zone, as in `fe80::1%eth0`, is
 * omitted: packets do not carry it.
 * @throws RangeError if it is not a literal address
 */
export function parseAddress(address: string): Uint8Array {
  if (isIP(address) === 4) return Uint8Array.from(address.split('.'), Number);
  // Which names of interfaces isIP() accepts in a zone differs between versions of Node.
  const literal = address.replace(/%.+$/s, '');
  if (isIP(literal) === 6) return parseIpv6(literal);
  throw new RangeError(`not an IP address: ${address}`);
}

/** @param bytes 4 or 16 */
export function formatAddress(bytes: Uint8Array): string {
  if (bytes.length === 4) return bytes.join('.');
  // The URL parser formats IPv6 addresses as RFC 5952 requires.
  return new URL(`http://[${toHex(bytes).replace(/.{4}(?=.)/g, '$&:')}]`).hostname.slice(1, -1);
}

/**
 * The 6 bytes of an Ethernet address in the kernel's notation: `02:00:5e:10:00:01`.
 * @throws RangeError if it is not one
 */
export function parseMac(mac: string): Uint8Array {
  if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac)) throw new RangeError(`not an Ethernet address: ${mac}`);
  return Uint8Array.from(mac.split(':'), (byte) => Number.parseInt(byte, 16));
}

/** @param bytes 6 */
export function formatMac(bytes: Uint8Array): string {
  return toHex(bytes).replace(/..(?=.)/g, '$&:');
}

/** The 16 bytes of a valid IPv6 literal without zone. */
function parseIpv6(address: string): Uint8Array {
  const [head = '', tail] = address.split('::');
  const before = parseGroups(head);
  const after = tail === undefined ? [] : parseGroups(tail);
  const bytes = new Uint8Array(16);
  bytes.set(before);
  bytes.set(after, 16 - after.length);
  return bytes;
}

function parseGroups(text: string): number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    if (group.includes('.')) return group.split('.').map(Number);
    const value = Number.parseInt(group, 16);
    return [value >>> 8, value & 0xff];
  });
}

function toHex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
