import { UsageError } from '../../errors.ts';

/** More source addresses than any site has clients behind one machine. */
const MOST = 1_024;

/**
 * The host addresses in a comma-separated list of IPv4 addresses and networks, each once, in the order written.
 * Network and broadcast addresses are excluded, except for /31 (RFC 3021) and /32.
 * @param text such as `10.0.0.0/29` or `192.0.2.10, 198.51.100.0/28`
 * @throws UsageError if an entry is neither, or there are more than `most`
 */
export function expandAddresses(text: string, most = MOST): string[] {
  const found = new Set<string>();
  for (const entry of text.split(',')) {
    const { first, count } = readEntry(entry.trim());
    for (let offset = 0; offset < count; offset += 1) {
      found.add(formatAddress(first + offset));
      if (found.size > most) {
        throw new UsageError(`"${text}" covers more than ${most} addresses`, {
          hint: 'use a smaller network',
        });
      }
    }
  }
  return [...found];
}

function readEntry(entry: string): { first: number; count: number } {
  const match = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(entry);
  const octets = (match?.slice(1, 5) ?? []).map(Number);
  const bits = Number(match?.[5] ?? 32);
  if (match === null || octets.some((octet) => octet > 255) || bits > 32) {
    throw new UsageError(`"${entry}" is neither an IPv4 address nor a network`, {
      hint: 'write 192.0.2.10, or 192.0.2.0/28',
    });
  }
  const address = octets.reduce((sum, octet) => sum * 256 + octet, 0);
  const size = 2 ** (32 - bits);
  const base = address - (address % size);
  return size > 2 ? { first: base + 1, count: size - 2 } : { first: base, count: size };
}

function formatAddress(address: number): string {
  return [24, 16, 8, 0].map((shift) => Math.floor(address / 2 ** shift) % 256).join('.');
}
